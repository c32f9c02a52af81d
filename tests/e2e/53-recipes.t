#!/usr/bin/env bash
# The recipes of ftp-over-ssh(1): programs and devices that are not in the matrix of clients.
. "${0%/*}/rig.sh"
. "$RIG_E2E/clients.sh"

through()	# command ...: the one-line form, without a terminal
{
	fos -o BatchMode=yes -t "$FTP_AT" rig -- "$@"
}

fetched()	# file command ...
{
	rm -f "$1"
	"${@:2}" && same "$RIG/data/mid" "$1"
}

sent()		# name on the server, command ...
{
	rm -f "$FTP_ROOT/$1"
	"${@:2}" && same "$RIG/data/mid" "$FTP_ROOT/$1"
}

rejects()	# command ...
{
	! "$@"
}

got=$RIG/got
mkdir "$got"
sshd_start
ftpd_start proftpd
client_data
mkdir "$FTP_ROOT/dir"
cp "$RIG/data/mid" "$FTP_ROOT/dir/"
chown -R "$RIG_FTP_USER" "$FTP_ROOT/dir"

# --- lftp: a job of cron; a bookmark -----------------------------------------------------

echo "machine 127.0.0.1 login $FTP_USER password $FTP_PASS" >"$HOME/.netrc"
chmod 600 "$HOME/.netrc"
job()		# commands; through is what a crontab has
{
	printf '%s\n' 'set cmd:fail-exit yes' 'set net:max-retries 2' "$@" >"$RIG/job"
	through lftp -e "source $RIG/job; quit" -p %p %h
}

ok 'lftp as a job: mirror' fetched "$got/mirror/mid" job "mirror -c dir $got/mirror"
ok 'lftp as a job: mirror -R' sent back/mid job "mirror -R $got/mirror back"
ok 'lftp as a job: a failure is in the exit status' rejects job 'get nothing'

tunnel_start -L "ftp/0:$FTP_AT" rig
at_tunnel
ok 'lftp: a bookmark is made' run lftp -c "bookmark add server ${AT_URL}"
ok 'lftp: mirror by the bookmark' fetched "$got/mirror2/mid" \
    run lftp -c "set cmd:fail-exit yes; open server; mirror dir $got/mirror2"

# --- other programs ----------------------------------------------------------------------

rclone_pass=$(run rclone obscure "$FTP_PASS")
rclone=(env RCLONE_FTP_USER="$FTP_USER" RCLONE_FTP_PASS="$rclone_pass"
    rclone --config /dev/null --retries 1 --ftp-host %h --ftp-port %p)
ok 'rclone copy' fetched "$got/rclone/mid" through "${rclone[@]}" copy :ftp:dir "$got/rclone"
ok 'rclone copy to the server' sent rcloned/mid \
    through "${rclone[@]}" copy "$got/rclone" :ftp:rcloned
ok 'rclone check finds no difference' through "${rclone[@]}" check --download "$got/rclone" :ftp:rcloned

cat >"$RIG/fetch.py" <<'END'
import ftplib, os, sys
with ftplib.FTP() as ftp:
    ftp.connect(os.environ["FTP_OVER_SSH_HOST"], int(os.environ["FTP_OVER_SSH_PORT"]), 20)
    ftp.login(sys.argv[1], sys.argv[2])
    with open(sys.argv[3], "wb") as f:
        ftp.retrbinary("RETR mid", f.write)
END
ok 'Python ftplib' fetched "$got/ftplib" \
    through "$PYTHON" "$RIG/fetch.py" "$FTP_USER" "$FTP_PASS" "$got/ftplib"

tunnel_stop

# These two take absolute paths, so the server is one whose top directory is the user's.
ftpd_start pyftpd
publish mid
mkdir "$got/mc" "$FTP_ROOT/dir"
cp "$RIG/data/mid" "$FTP_ROOT/dir/fetch.me"
tunnel_start -L "ftp/0:$FTP_AT" rig
at_tunnel
ok 'Midnight Commander' fetched "$got/mc/fetch.me" \
    run "$PYTHON" "$RIG_E2E/mc.py" "${AT_URL}dir" "$got/mc" fetch.me 300001

cat >"$RIG/ange.el" <<-END
	(require 'ange-ftp)
	(setq ange-ftp-ftp-program-name "tnftp")
	(ange-ftp-set-passwd "127.0.0.1#$AT_PORT" "$FTP_USER" "$FTP_PASS")
	(setq site "/ftp:$FTP_USER@127.0.0.1#$AT_PORT:/")
	(copy-file (concat site "mid") "$got/ange")
	(copy-file "$got/ange" (concat site "ange"))
END
ok 'Emacs, ange-ftp' fetched "$got/ange" run emacs --batch -Q -l "$RIG/ange.el"
ok 'Emacs, ange-ftp: and back' same "$got/ange" "$FTP_ROOT/ange"
tunnel_stop

# --- a server like that of z/OS ----------------------------------------------------------

zos_command()
{
	SERVE=("$PYTHON" "$RIG_E2E/zosftpd.py" 127.0.0.1 "$1" "$FTP_ROOT")
}

zos()		# command ...
{
	run curl -sS "$@"
}

rig_serve zos 127.0.0.1 zos_command
tunnel_start -L "ftp/0:127.0.0.1:$PORT" rig
TUNNEL_URL=ftp://$FTP_USER:$FTP_PASS@$TUNNEL_ADDR:$TUNNEL_PORT
for how in '' --disable-epsv '-P -' '-P - --disable-eprt'; do
	# shellcheck disable=SC2086 # options
	set -- $how
	like "z/OS: LIST $how" "$(zos "$@" "$TUNNEL_URL/")" 'Dsname.*SOURCE\.C'
	ok "z/OS: RETR $how" fetched "$got/zos" zos "$@" -o "$got/zos" "$TUNNEL_URL/'TESTER.MID'"
	ok "z/OS: STOR $how" sent new zos "$@" -T "$RIG/data/mid" "$TUNNEL_URL/'TESTER.NEW'"
	ok "z/OS: a job $how" sent job zos "$@" -Q 'SITE FILETYPE=JES' -T "$RIG/data/mid" "$TUNNEL_URL/JOB"
	like "z/OS: its output $how" "$(zos "$@" -Q 'SITE FILETYPE=JES' "$TUNNEL_URL/")" JOB01234
done
tunnel_stop

# --- a device that does active mode only -------------------------------------------------

device()	# [command ...] address port
{
	run "${@:1:$#-2}" "$PYTHON" "$RIG_E2E/device.py" "${@:$#-1}" "$FTP_USER" "$FTP_PASS" "$RIG/data/mid" scan
}

ftpd_use proftpd1
tunnel_start -R "ftp/0:$FTP_AT" rig
port=$(sed -n 's/^listening on .*:\([0-9]*\) (remote).*/\1/p' "$TUNNEL_OUT")
ok 'a device on the ssh server, -R' sent scan device 127.0.0.1 "$port"
tunnel_stop

[ "$(id -u)" -eq 0 ] || finish
. "$RIG_E2E/hosts.sh"
hosts near device
RIG_IN=(ip netns exec "$HOST_near") FOS_UNDER=(ip netns exec "$HOST_near")
sshd_start -n inside
for kind in vsftpd pureftpd; do
	ftpd_start "$kind"
	for mode in auto passive; do
		tunnel_start -g -o FtpServerMode=$mode -L "ftp/10.99.0.1:0:$FTP_AT" inside
		ok "a device on another host, -g, to $kind, $mode" \
		    sent scan device ip netns exec "$HOST_device" 10.99.0.1 "$TUNNEL_PORT"
		tunnel_stop
	done
done
finish
