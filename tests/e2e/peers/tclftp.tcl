# tclftp.tcl ADDRESS PORT USER PASSWORD MODE COUNT DIRECTORY: small uploads, one after the other, then
# they are fetched again and listed. This client closes what it has sent before it reads the 150.
package require ftp

lassign $argv address port user password mode count directory

proc ftp::DisplayMsg {s message {state ""}} {
	if {$state eq "error"} {
		puts stderr $message
	}
}

proc must {what ok} {
	if {!$ok} {
		puts "failed: $what"
		exit 1
	}
}

set ftp [ftp::Open $address $user $password -port $port -mode $mode -timeout 30]
must open [expr {$ftp >= 0}]
ftp::Type $ftp binary
for {set n 0} {$n < $count} {incr n} {
	must "put $n" [ftp::Put $ftp -data "small file number $n" tcl-$mode-$n]
}
for {set n 0} {$n < $count} {incr n} {
	must "get $n" [ftp::Get $ftp tcl-$mode-$n -variable got]
	must "what came for $n" [expr {$got eq "small file number $n"}]
}
must list [expr {[llength [ftp::NList $ftp]] >= $count}]
ftp::Close $ftp
puts "done"
