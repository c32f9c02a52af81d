# fish completion for ftp-over-ssh(1); the options come from the program itself.

# -o: names and values of our own options, and names of those that ssh prints.
function __ftp_over_ssh_ftp_options
    ftp-over-ssh -o help 2>/dev/null |
        string match -gr '^ *([^= ]*)=([^ ]*) *(.*)$' | while read -l name
        read -l values
        read -l help
        # words in capitals only stand for something
        for value in (string split '|' -- $values | string match -rv '[A-Z]')
            printf '%s=%s\t%s\n' $name $value $help
        end
        string match -qr '[A-Z]' -- $values; and printf '%s=\t%s\n' $name $help
    end
    ssh -F /dev/null -G x 2>/dev/null | string replace -r ' .*' '=\tof ssh' | sort -u
    printf 'help\tlist these options\n'
end

ftp-over-ssh -h 2>/dev/null |
    string match -gr '^  -([^ ]) ([^ ]*) *(.*)$' | while read -l letter
    read -l argument
    read -l help
    switch "$argument"
        case ''
            complete -c ftp-over-ssh -s $letter -d $help
        case log_file configfile identity ctl_path
            complete -c ftp-over-ssh -s $letter -d $help -rF
        case option
            complete -c ftp-over-ssh -s $letter -d $help -xa '(__ftp_over_ssh_ftp_options)'
        case login
            complete -c ftp-over-ssh -s $letter -d $help -xa '(__fish_complete_users)'
        case jump
            complete -c ftp-over-ssh -s $letter -d $help -xa '(__fish_complete_user_at_hosts)'
        case '*' # ports, specs, FTP hosts on the far side: nothing is known
            complete -c ftp-over-ssh -s $letter -d $help -x
    end
end

# How many words that are no options stand before the cursor?
function __ftp_over_ssh_words
    set -l takes (ftp-over-ssh -h 2>/dev/null | string match -gr '^  -([^ ]) [^ ]' | string join '')
    set -l count 0
    set -l skip 0
    for word in (commandline -opc)[2..-1]
        if test $skip = 1
            set skip 0
        else if string match -qr -- "^-[^$takes-]*[$takes]\$" $word
            set skip 1
        else if not string match -q -- '-*' $word
            set count (math $count + 1)
        end
    end
    echo $count
end

complete -c ftp-over-ssh -n 'test (__ftp_over_ssh_words) = 0' -xa '(__fish_complete_user_at_hosts)'
complete -c ftp-over-ssh -n 'test (__ftp_over_ssh_words) = 1' -xa '(__fish_complete_command)'
