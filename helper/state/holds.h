/* All that the session machine holds, and for how long. At its bound a hold passes on; it never
 * destroys.
 *
 *	what                    on what evidence                    at most        then
 *	download's EOF          the final reply is to come          FINAL_MS       ssh lives: pass it
 *	  ... behind a 421      its 226, or the server's end        FINAL_MS       the 421 was its
 *	final 2xx, download     data are on their way               STALL_MS       pass it
 *	  ... without a 150, or the client's connection: sshd's answer  STALL_MS   pass it
 *	  ... to a far client   its own end, or sshd's answer behind an empty file's  STALL_MS  pass it
 *	                        ssh has not taken all of the data   its pause      as before
 *	final 2xx, upload       its port may have been refused      STALL_MS       pass it
 *	final reply, upload     the EOF to the client is on its way STALL_MS       pass it
 *	final 4xx, 5xx          150: a connection is on its way     WHOSE_MS       pass it
 *	upload's EOF            client dies: its end is to come     DIES_MS        pass it
 *	                        nobody can tell                     UNKNOWN_MS     pass it
 *	                        ... and it was LARGE                LARGE_MS       pass it
 *	a reply amid a transfer its data may have ended             WHOSE_MS       it is the other's
 *	final 2xx, no 150       ... or not                          WHOSE_MS       pass it
 *	any final reply         the server, not the client, may be there STALL_MS  pass it
 *	behind a setup          a 2xx that is no answer was said    WHOSE_MS       the client goes on
 *	setup                   its listener is being made          the broker's   425
 *	the client's words      does ssh dial ports? (asked once)   DIAL_MS        pass it on
 *	a stranger              the client may yet come             OWNER_MS       take it, or 425
 *	QUIT                    an upload's end is on its way       LEAVE_MS       pass it
 *	client's half-close     replies, or an upload's end, to come LEAVE_MS      pass it
 *	the session             no greeting, but something else FINAL_MS           421, end it
 *	the session             the server is to close, data flow   GONE_MS        end it
 *	("at most" is without progress where data are waited for.) */
#pragma once

#define FINAL_MS 5000
#define STALL_MS 5000
#define DIES_MS 1000
#define UNKNOWN_MS 50
#define LARGE_MS 250
#define LARGE (1024 * 1024) /* bytes, behind which that is little */
#define WHOSE_MS 1000
#define OWNER_MS 200
#define LEAVE_MS 1000
#define DIAL_MS 3000
#define GONE_MS 30000

/* One for each channel ... */
enum channel_timer {
	TIMER_NONE,
	TIMER_DYING, /* the client's EOF of an upload: has its control connection ended, too? */
	TIMER_FINAL, /* the server's EOF of a download: what does the final reply say? */
	TIMER_STALL, /* a final reply is held until the data, or an EOF, are through */
	TIMER_OWNER, /* a stranger is there: will the client come? */
	TIMER_PORT,  /* something else than its answer came for a setup */
	TIMER_CONNECTION, /* a no is held until the connections that are on their way are there */
	TIMER_DIAL   /* the client is there: is its server, or does ssh forbid that? */
};

/* ... and one for the session. */
enum session_timer {
	SESSION_IDLE, SESSION_WHOSE, SESSION_LEAVES, SESSION_GONE,
	SESSION_STRANGE, /* something was said that is no greeting */
	SESSION_QUIT     /* QUIT is held */
};
