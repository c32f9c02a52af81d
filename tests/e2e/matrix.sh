# shellcheck shell=bash
# matrix.sh: every client with servers in every mode through a tunnel whose forwards are made by one
# method.

# The far server and the near listener on families of IPv6.
matrix_v6()	# method
{
	local mode
	ftpd_start "$FTP_KIND" -6
	client_data
	tunnel_start -o "FtpForward=$1" -L "ftp/[::1]:0:$FTP_AT" rig
	at_tunnel
	for mode in epsv eprt; do
		ok "$1 $FTP_KIND on IPv6: python $mode" client_cell python $mode
	done
	ok "$1 $FTP_KIND on IPv6: curl epsv" client_cell curl epsv
	tunnel_stop
}

matrix()	# method server...
{
	local kind
	sshd_start
	for kind in "${@:2}"; do
		ftpd_start "$kind"
		client_data
		tunnel_start -o "FtpForward=$1" -L "ftp/0:$FTP_AT" rig
		at_tunnel
		client_matrix "$1"
		tunnel_stop
		matrix_v6 "$1"
	done
}
