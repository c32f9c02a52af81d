#!/usr/bin/env bash
# At a terminal: the client has it, with Ctrl-Z, fg, bg and Ctrl-C as under a shell.
. "$(dirname "$0")/rig.sh"

sshd_start
ftpd_start vsftpd
cat >"$RIG/client" <<'END'
#!/bin/sh
trap 'echo; echo continued' CONT
echo "in $(ps -o pgid= -p $$ | tr -d ' ') of $(ps -o tpgid= -p $$ | tr -d ' ')"
while [ "$said" != end ]; do
	read -r said && echo "got $said"
done
END
chmod 755 "$RIG/client"
printf '#!/bin/sh\nexec %s -q -F %s -t %s rig -- "$@"\n' "$FOS" "$RIG/ssh_config" "$FTP_AT" >"$RIG/fos"
chmod 755 "$RIG/fos"
printf '#!/bin/sh\necho wait >/dev/tty\nexec sleep 100\n' >"$RIG/proxy"
chmod 755 "$RIG/proxy"
typed()
{
	"$PYTHON" "$RIG_E2E/terminal.py" "$@"
}

ok 'Ctrl-Z, and fg' typed '< ready>' "> $RIG/fos $RIG/client" '< in ([0-9]+) of \1' \
    '> hello' '< got hello' ^Z '< Stopped' '> echo mark-$((1 + 1))' '< mark-2' \
    '> fg' '< continued' '> again' '< got again' ^Z '< Stopped' '> fg' '< continued' '> end' '< got end' \
    '< ready>' '> echo status=$?' '< status=0'
ok 'bg stops it again as soon as it reads' typed '< ready>' "> $RIG/fos $RIG/client" '< in ' '> a' '< got a' ^Z \
    '< Stopped' '> bg' '< continued' '? jobs < Stopped' '> fg' '< continued' '> end' '< got end' '< ready>' \
    '> echo status=$?' '< status=0'
ok 'Ctrl-C ends the client, us, and a loop around us' typed '< ready>' \
    "> for i in 1 2 3; do echo begin; $RIG/fos sh -c 'echo on; exec sleep 100'; echo after; done" \
    '< \non' ^C '< \n.*ready>' '> echo status=$?' '< status=130'
ok 'a client that does not die of it goes on' typed '< ready>' \
    "> $RIG/fos sh -c 'trap \"echo caught\" INT; echo on; while ! read x; do :; done; echo got; exit 3'" \
    '< \non' ^C '< caught' '> x' '< got' '< ready>' '> echo status=$?' '< status=3'
ok 'the shell has its terminal back after a client that was killed' typed '< ready>' \
    "> $RIG/fos sh -c 'echo on; kill -KILL \$\$'" '< \non' '< ready>' '> echo status=$?' '< status=137'
ok 'output to a program that needs the terminal, too' typed '< ready>' \
    "> $RIG/fos sh -c 'echo on' | (cat; read answer </dev/tty; echo got=\$answer)" '< \non' '> yes' '< got=yes'
ok 'Ctrl-C while there is no client yet' typed '< ready>' \
    "> for i in 1 2 3; do echo begin; $FOS -q -F /dev/null -o ProxyCommand=$RIG/proxy x; done" \
    '< \nwait' ^C '< ready>' '> echo status=$?' '< status=130'
finish
