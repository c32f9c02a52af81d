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
# lftp keeps Ctrl-Z for its own jobs, and has a command instead.
ok 'suspend of lftp, and fg' typed '< ready>' "> $RIG/fos lftp -p %p %h" '< lftp 127[^>]*> ' '> suspend' '< Stopped' \
    '> echo mark-$((1 + 1))' '< mark-2' '> fg' '> ls' '< lftp 127[^>]*> ' '> quit' '< ready>' '> echo status=$?' '< status=0'
ok 'Ctrl-Z, and fg: tnftp' typed '< ready>' "> $RIG/fos tnftp -n %h %p" '< ftp> ' ^Z '< Stopped' \
    '> echo mark-$((1 + 1))' '< mark-2' '> fg' '> quit' '< 221' '< ready>' '> echo status=$?' '< status=0'
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
# shellcheck disable=SC1003 # no quote is escaped: it is the key
ok 'Ctrl-\ ends the client alone' typed '< ready>' \
    "> $RIG/fos sh -c 'ulimit -c 0; echo on; exec sleep 100'" '< \non' '^\' '< ready>' '> echo status=$?' '< status=131'
# Resized: the client, whose terminal it is, sees it.
cat >"$RIG/resized.py" <<'END'
import os, signal
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGWINCH])
print("on", flush=True)
signal.sigwait([signal.SIGWINCH])
print("columns", os.get_terminal_size().columns, flush=True)
input()
print("got")
END
ok 'another size' typed '< ready>' "> $RIG/fos $PYTHON $RIG/resized.py" '< \non' '= 97' '< columns 97' '> x' '< got' \
    '< ready>' '> echo status=$?' '< status=0'
# Hung up: client and tunnel end with their terminal.
ok 'a client of a terminal that hangs up' typed '< ready>' "> $RIG/fos bash -c 'trap \"echo HUP >$RIG/hung; exit\" HUP; echo on; while :; do read -t 100; done'" \
    '< \non' hangup
ok 'a terminal that hangs up: the client is told' wait_for 10 grep -q HUP "$RIG/hung"
strays()
{
	[ -n "$(rig_strays)" ]
}
ok '... and nothing is left' wait_for 10 eval '! strays'
ok 'a tunnel of one' typed '< ready>' "> $FOS -F $RIG/ssh_config -N -L 0:$FTP_AT rig" '< listening on' hangup
ok 'a tunnel in the foreground ends with it' wait_for 10 eval '! strays'
ok 'one in the foreground: Ctrl-Z, fg, Ctrl-C' typed '< ready>' "> $FOS -F $RIG/ssh_config -N -L 0:$FTP_AT rig" \
    '< listening on' ^Z '< Stopped' '< ready>' '> fg' given ^C '< ready>' '> echo status=$?' '< status=0'
ok 'one in its background' typed '< ready>' "> $FOS -F $RIG/ssh_config -f -N -o FtpName=stays -L 0:$FTP_AT rig" '< listening on' '< ready>' hangup
ok 'one in the background stays' "$FOSCTL" stop stays
ok 'Ctrl-C while there is no client yet' typed '< ready>' \
    "> for i in 1 2 3; do echo begin; $FOS -q -F /dev/null -o ProxyCommand=$RIG/proxy x; done" \
    '< \nwait' ^C '< ready>' '> echo status=$?' '< status=130'
finish
