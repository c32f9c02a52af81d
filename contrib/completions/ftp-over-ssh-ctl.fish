# fish completion for ftp-over-ssh-ctl(1); tunnels come from the program itself.

# Without -U and its user.
function __ftp_over_ssh_ctl_words
    set -l words (commandline -opc)
    test (count $words) -gt 2; and test $words[2] = -U; and set -e words[2..3]
    printf '%s\n' $words
end

function __ftp_over_ssh_ctl_user
    set -l words (commandline -opc)
    test (count $words) -gt 2; and test $words[2] = -U; and printf '%s\n' $words[2..3]
end

function __ftp_over_ssh_ctl_command
    set -l words (__ftp_over_ssh_ctl_words)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

complete -c ftp-over-ssh-ctl -f
complete -c ftp-over-ssh-ctl -n 'test (count (__ftp_over_ssh_ctl_words)) = 1' -a list -d 'the names of the running tunnels'
complete -c ftp-over-ssh-ctl -n 'test (count (__ftp_over_ssh_ctl_words)) = 1' -a status -d 'what a tunnel is doing'
complete -c ftp-over-ssh-ctl -n 'test (count (__ftp_over_ssh_ctl_words)) = 1' -a top -d 'the running transfers'
complete -c ftp-over-ssh-ctl -n 'test (count (__ftp_over_ssh_ctl_words)) = 1' -a close -d 'close a session or data connection'
complete -c ftp-over-ssh-ctl -n 'test (count (__ftp_over_ssh_ctl_words)) = 1' -a stop -d 'end a tunnel'
complete -c ftp-over-ssh-ctl -n 'test (count (__ftp_over_ssh_ctl_words)) = 1' -a check -d 'find out what does not work'
complete -c ftp-over-ssh-ctl -n 'string match -qr "^\S+( -U)?\$" -- (commandline -opc | string join " ")' -s U -d 'of another user; for root' \
    -xa '(__fish_complete_users)'
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command check' -s t -d 'the FTP server' -x
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command check' -s u -d 'FTP login' -x
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command status list' -s j -d 'print JSON'
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command status close stop' \
    -a '(ftp-over-ssh-ctl (__ftp_over_ssh_ctl_user) list 2>/dev/null)'
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command check' \
    -a '(__fish_complete_user_at_hosts)'
