#!/usr/bin/env bash
# FtpPassiveAddress and FtpTls.
. "${0%/*}/rig.sh"
. "$RIG_E2E/raw.sh"

all=(pasv epsv port eprt)

fetch()	# [curl option...]
{
	run curl -sS -o "$RIG/got" "$@" "$(url a)" && same "$RIG/data/a" "$RIG/got"
}

sshd_start
data a 40000

# The 227 names an address where nobody is: only who believes it is led astray.
ftpd_start vsftpd pasv_address=192.0.2.55
publish a
tunnel_start -L "0:$FTP_AT" rig
script -l 'a wrong address in 227, by default' cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" "${all[@]}"
tunnel_stop
tunnel_start -o FtpPassiveAddress=control -L "0:$FTP_AT" rig
script -l 'control' cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" "${all[@]}"
tunnel_stop
tunnel_start -o FtpPassiveAddress=127.0.0.1 -L "0:$FTP_AT" rig
script -l 'an address' cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" "${all[@]}"
tunnel_stop

# Its data ports are on another address than the control connection.
ftpd_start pyftpd "handler.masquerade_address = '127.0.0.9'" 'before = handler.passive_dtp' \
    "handler.passive_dtp = type('P', (before,), {'bind': lambda self, at: before.bind(self, ('127.0.0.9', at[1]))})"
tunnel_start -o FtpPassiveAddress=reply -L "0:$FTP_AT" rig
script -l 'reply' cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv port eprt
tunnel_stop
tunnel_start -o FtpPassiveAddress=127.0.0.9 -L "0:$FTP_AT" rig
script -l 'another address' cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" "${all[@]}"
tunnel_stop
ftpd_start vsftpd pasv_address=0.0.0.0
tunnel_start -o FtpPassiveAddress=reply -L "0:$FTP_AT" rig
script -l 'reply, but it is 0.0.0.0' cases.py modes "$TUNNEL_ADDR" "$TUNNEL_PORT" pasv
tunnel_stop

# TLS would hide the data ports.
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=rig -days 2 -keyout "$RIG/tls.key" \
    -out "$RIG/tls.crt" 2>/dev/null
cat "$RIG/tls.key" "$RIG/tls.crt" >"$RIG/tls.pem"
chmod 644 "$RIG"/tls.*
ftpd_start vsftpd ssl_enable=YES allow_anon_ssl=YES force_local_data_ssl=NO \
    force_local_logins_ssl=NO rsa_cert_file="$RIG/tls.pem" require_ssl_reuse=NO ssl_ciphers=HIGH
publish a
tls=(-k --ssl-reqd --tls-max 1.2)
ok 'TLS directly' run curl -sS -o "$RIG/got" "${tls[@]}" "$(direct_url a)"
tunnel_start -L "0:$FTP_AT" rig
script cases.py says "$TUNNEL_ADDR" "$TUNNEL_PORT" 502 'AUTH TLS'
script cases.py says "$TUNNEL_ADDR" "$TUNNEL_PORT" 502 'AUTH SSL'
script cases.py says "$TUNNEL_ADDR" "$TUNNEL_PORT" 502 'PBSZ 0'
script cases.py says "$TUNNEL_ADDR" "$TUNNEL_PORT" 502 'PROT P'
script cases.py lacks "$TUNNEL_ADDR" "$TUNNEL_PORT" FEAT AUTH PBSZ PROT
ok 'a client that can do without TLS' fetch --ssl
fails 'a client that cannot' 64 'SSL' fetch "${tls[@]}"
tunnel_stop
tunnel_start -o FtpTls=pass -L "0:$FTP_AT" rig
script cases.py has "$TUNNEL_ADDR" "$TUNNEL_PORT" FEAT AUTH PBSZ PROT
ok 'FtpTls=pass: TLS with the FTP server' fetch "${tls[@]}"
like 'FtpTls=pass: a warning' "$(cat "$TUNNEL_ERR")" 'TLS'
tunnel_stop
like 'however many -v: ssh gets what it knows' "$("$FOS" "-$(printf 'v%.0s' {1..60})" -F /dev/null \
    -o ProxyCommand=false x -- true 2>&1 | grep -m 1 'running ssh ')" ' -vqvvv( -v){3,4} -F '
finish
