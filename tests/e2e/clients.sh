# shellcheck shell=bash
# clients.sh: what each FTP client is made to do, in every mode that it knows.
#
# A client function is run in a fresh directory that holds src, zero (empty) and part (the
# first bytes of mid), against $AT_ADDR $AT_PORT as $FTP_USER $FTP_PASS. It fetches mid to
# got, empty to got0 and a listing to list, resumes part, and sends src as up and zero as
# up0: as much of that as the client can, see client_does. `client_cell CLIENT MODE` runs
# it and checks what arrived.

clients=(curl lftp lftp_async tnftp inetutils ncftp wget busybox python)

# The commands by which a client opens data connections over IPv4.
declare -A client_modes=(
	[curl]='pasv epsv port eprt'
	[lftp]='pasv epsv port'
	[lftp_async]='pasv epsv port'
	[tnftp]='pasv epsv port eprt'
	[inetutils]='pasv port'
	[ncftp]='pasv port'
	[wget]='pasv port'
	[busybox]='epsv'
	[python]='pasv epsv port eprt'
)

# What fails without us as well. lftp sends REST and RETR behind PORT; pyftpdlib still
# connects then, and answers out of order.
client_cannot=' pyftpd/lftp_async/port '

declare -A client_does=(
	[wget]='get get0 list rest'
	[busybox]='get get0 rest put put0'
)

# MODE's option in a table "mode=option ...": an option with spaces is written with commas.
mode_option()	# mode table...
{
	local row
	for row in "${@:2}"; do
		[ "${row%%=*}" != "$1" ] || printf '%s\n' "${row#*=}" | tr , ' '
	done
}

client_curl()
{
	local base=$AT_URL common=(-sS --connect-timeout 20)
	# shellcheck disable=SC2207 # options
	common+=($(mode_option "$1" pasv=--disable-epsv epsv= port=-P,-,--disable-eprt eprt=-P,-))
	run curl "${common[@]}" -o got "${base}mid" -o got0 "${base}empty" -o list "$base" \
	    --next "${common[@]}" -C - -o part "${base}mid" \
	    --next "${common[@]}" -T src "${base}up" -T zero "${base}up0"
}

client_lftp()
{
	local passive=yes epsv=no
	case $1 in
	epsv) epsv=yes ;;
	port|eprt) passive=no ;;
	esac
	run lftp -c "set cmd:fail-exit yes; set net:max-retries 1; set net:timeout 20
	    set ftp:sync-mode ${2:-yes}; set ftp:auto-sync-mode ''; set ftp:use-mdtm no
	    set ftp:passive-mode $passive; set ftp:auto-passive-mode no; set ftp:prefer-epsv $epsv
	    open -u $FTP_USER,$FTP_PASS -p $AT_PORT $AT_ADDR
	    get mid -o got; get empty -o got0; ls >list; get -c mid -o part
	    put src -o up; put zero -o up0"
}

client_lftp_async()
{
	client_lftp "$1" no
}

client_tnftp()
{
	local option
	option=$(mode_option "$1" pasv=-p epsv=-p port=-A eprt=-A)
	{
		echo "user $FTP_USER $FTP_PASS"
		[ "$1" = epsv ] || [ "$1" = eprt ] || echo epsv4
		client_script
	} | timeout --foreground "$(slowly "$RUN_TIMEOUT")" tnftp -n -i "$option" "$AT_ADDR" "$AT_PORT"
}

client_inetutils()
{
	{
		echo "user $FTP_USER $FTP_PASS"
		[ "$1" = port ] || echo passive
		client_script
	} | timeout --foreground "$(slowly "$RUN_TIMEOUT")" inetutils-ftp -n -i -v "$AT_ADDR" "$AT_PORT"
}

# The language of the BSD ftp and its descendants.
client_script()
{
	cat <<-END
	binary
	get mid got
	get empty got0
	ls . list
	reget mid part
	put src up
	put zero up0
	bye
	END
}

client_ncftp()
{
	local how=(-V -t 20 -P "$AT_PORT" -u "$FTP_USER" -p "$FTP_PASS")
	# shellcheck disable=SC2207 # options
	how+=($(mode_option "$1" pasv=-F port=-E))
	run ncftpget -C "${how[@]}" "$AT_ADDR" mid got &&
	    run ncftpget -C "${how[@]}" "$AT_ADDR" empty got0 &&
	    touch -d '2001-01-01' part &&
	    run ncftpget -C -z "${how[@]}" "$AT_ADDR" mid part &&
	    run ncftpput -C "${how[@]}" "$AT_ADDR" src up &&
	    run ncftpput -C "${how[@]}" "$AT_ADDR" zero up0 &&
	    run ncftpls -l "${how[@]:1}" "ftp://$AT_ADDR/" >list
}

client_wget()
{
	local how=(-nv --tries=1 --timeout=20)
	[ "$1" != port ] || how+=(--no-passive-ftp)
	run wget "${how[@]}" -O got "${AT_URL}mid" && run wget "${how[@]}" -O got0 "${AT_URL}empty" &&
	    run wget "${how[@]}" -c -O part "${AT_URL}mid" && run wget "${how[@]}" -O list "$AT_URL"
}

client_busybox()
{
	local how=(-u "$FTP_USER" -p "$FTP_PASS" -P "$AT_PORT")
	run busybox ftpget "${how[@]}" "$AT_ADDR" got mid &&
	    run busybox ftpget "${how[@]}" "$AT_ADDR" got0 empty &&
	    run busybox ftpget -c "${how[@]}" "$AT_ADDR" part mid &&
	    run busybox ftpput "${how[@]}" "$AT_ADDR" up src &&
	    run busybox ftpput "${how[@]}" "$AT_ADDR" up0 zero
}

client_python()
{
	run "$PYTHON" "$RIG_E2E/ftpc.py" "$1" session
}

# --- checking --------------------------------------------------------------------------

# Point the clients at the FTP server itself, or at the tunnel.
at_server()
{
	export AT_ADDR=$FTP_ADDR AT_PORT=$FTP_PORT AT_URL FTP_USER FTP_PASS
	AT_URL=$(direct_url '')
}

at_tunnel()
{
	export AT_ADDR=$TUNNEL_ADDR AT_PORT=$TUNNEL_PORT AT_URL FTP_USER FTP_PASS
	AT_URL=$(url '')
}

# The files that the clients ask for.
client_data()
{
	data mid 300001
	: >"$RIG/data/empty"
	publish mid empty
}

client_prepare()
{
	rm -rf "$RIG/cell" "$FTP_ROOT/up" "$FTP_ROOT/up0"
	mkdir "$RIG/cell"
	cp "$RIG/data/mid" "$RIG/cell/src"
	head -c 100000 "$RIG/data/mid" >"$RIG/cell/part"
	: >"$RIG/cell/zero"
	log_mark
}

client_check()	# what it did
{
	case $1 in
	get)	same "$RIG/data/mid" got ;;
	rest)	same "$RIG/data/mid" part ;;
	put)	same "$RIG/data/mid" "$FTP_ROOT/up" ;;
	get0)	same "$RIG/data/empty" got0 ;;
	put0)	same "$RIG/data/empty" "$FTP_ROOT/up0" ;;
	list)	grep -q mid list && grep -q empty list ;;
	esac
}

# What the server has logged since log_mark. pure-ftpd logs transfers only; the others put
# a quote, a blank or an arrow before the command.
log_mark()
{
	log_offset=$(wc -c <"$FTP_LOG" 2>/dev/null || echo 0)
}

log_since()
{
	tail -c "+$((log_offset + 1))" "$FTP_LOG"
}

data_commands()
{
	sed -En 's/.*( command: .*"|^[0-9]+ |<- )(PASV|EPSV|PORT|EPRT).*/\2/p'
}

# The server saw data connections opened the way the mode says.
mode_seen()
{
	[ "$FTP_KIND" != pureftpd ] || return 0
	log_since | data_commands | grep -iqx "$1" && return
	echo "the server saw no $1 but: $(log_since | data_commands | sort | uniq -c)"
	return 1
}

client_cell()	# client mode
{
	local what wrong='' status=0
	client_prepare
	cd "$RIG/cell" || return
	"client_$1" "$2" || {
		echo "the client ended with exit status $?"
		status=1
	}
	for what in ${client_does[$1]:-get get0 list rest put put0}; do
		client_check "$what" >/dev/null 2>&1 || wrong="$wrong $what"
	done
	[ -z "$wrong" ] || echo "wrong:$wrong"
	[ -z "$wrong" ] || status=1
	mode_seen "$2" || status=1
	cd "$RIG" || return
	return $status
}

# Every client in every mode, one line of TAP each.
client_matrix()	# label
{
	local client mode
	for client in "${clients[@]}"; do
		for mode in ${client_modes[$client]}; do
			[[ $client_cannot != *" $FTP_KIND/$client/$mode "* ]] || continue
			ok "$1 $FTP_KIND: $client $mode" client_cell "$client" "$mode"
		done
	done
}
