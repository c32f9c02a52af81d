
#include "play.h"

#define LONGEST (3000 * SECOND)

void
play_direct(const struct dialogue *d, uint64_t timing, struct play *play)
{
	struct client *client;
	struct server *server;

	world_begin(timing, play->memory);
	net = (struct net_delays){ .direct = true,
		.window = (size_t)d->knob[K_WINDOW],
		.buffer = (size_t)d->knob[K_BUFFER],
		.split = (unsigned)d->knob[K_SPLIT],
		.shared = {
		    .lo = (unsigned)d->knob[K_DIRECT_LO], .hi = (unsigned)d->knob[K_DIRECT_HI] } };
	net_begin();
	*play = (struct play){ .memory = play->memory, .direct = true };
	client = client_new(d, &play->client, play->deeds);
	server = server_new(d, &play->server, play->deeds);
	client_start(client, server_port(server));
	while (
	    !(client_done(client) && server_done(server)) && world_now() < LONGEST && world_step())
		;
	play->took = world_now();
	play->steps = world_steps();
	if (!client_done(client) || !server_done(server))
		play->fault = "direct: it does not end";
}
