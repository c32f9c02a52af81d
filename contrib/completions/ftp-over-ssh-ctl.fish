# fish completion for ftp-over-ssh-ctl(1); tunnels come from the program itself.

function __ftp_over_ssh_ctl_command
    set -l words (commandline -opc)
    test (count $words) -gt 1; and contains -- $words[2] $argv
end

complete -c ftp-over-ssh-ctl -f
complete -c ftp-over-ssh-ctl -n __fish_use_subcommand -a list -d 'the names of the running tunnels'
complete -c ftp-over-ssh-ctl -n __fish_use_subcommand -a status -d 'what a tunnel is doing'
complete -c ftp-over-ssh-ctl -n __fish_use_subcommand -a top -d 'the running transfers'
complete -c ftp-over-ssh-ctl -n __fish_use_subcommand -a close -d 'close a session or data connection'
complete -c ftp-over-ssh-ctl -n __fish_use_subcommand -a stop -d 'end a tunnel'
complete -c ftp-over-ssh-ctl -n __fish_use_subcommand -a check -d 'find out what does not work'
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command status list' -s j -d 'print JSON'
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command status close stop' \
    -a '(ftp-over-ssh-ctl list 2>/dev/null)'
complete -c ftp-over-ssh-ctl -n '__ftp_over_ssh_ctl_command check' \
    -a '(__fish_complete_user_at_hosts)'
