/* macOS: libproc(3) tells which descriptors a process has, and of a socket all about it. What
 * belongs to other users' processes it tells root alone. */
#include "net/peer_owner.h"

#ifdef __APPLE__
#include <sys/proc_info.h>

#include <libproc.h>
#include <stdlib.h>

#include "net/peer.h"

#define MORE 32 /* that may be there after they have been counted */

/* What is looked for: a connection, or the socket of this number. */
struct wanted {
	const struct sockaddr_storage *own, *other;
	uint64_t id;
};

static bool
matches(const struct socket_info *s, const struct wanted *w)
{
	const struct in_sockinfo *in = &s->soi_proto.pri_tcp.tcpsi_ini;
	bool v4 = (in->insi_vflag & INI_IPV4) != 0;

	if (w->own == NULL)
		return s->soi_so == w->id;
	return s->soi_kind == SOCKINFO_TCP &&
	    addr_is_end(w->own, (uint16_t)in->insi_lport, &in->insi_laddr, v4) &&
	    addr_is_end(w->other, (uint16_t)in->insi_fport, &in->insi_faddr, v4);
}

/* Its number for the socket when that is the one, else 0. */
static uint64_t
socket_of(pid_t pid, int fd, const struct wanted *w)
{
	struct socket_fdinfo info;

	if (proc_pidfdinfo(pid, fd, PROC_PIDFDSOCKETINFO, &info, sizeof(info)) < (int)sizeof(info))
		return 0;
	return matches(&info.psi, w) ? info.psi.soi_so : 0;
}

static uint64_t
find_fd(pid_t pid, const struct wanted *w, int *fd)
{
	int size = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, NULL, 0);
	struct proc_fdinfo *all;
	uint64_t id = 0;

	if (size <= 0)
		return 0;
	size += MORE * (int)sizeof(*all);
	if ((all = malloc((size_t)size)) == NULL)
		return 0;
	size = proc_pidinfo(pid, PROC_PIDLISTFDS, 0, all, size);
	for (int i = 0; id == 0 && i < size / (int)sizeof(*all); i++)
		if (all[i].proc_fdtype == PROX_FDTYPE_SOCKET)
			id = socket_of(pid, *fd = all[i].proc_fd, w);
	free(all);
	return id;
}

static uint64_t
find(const struct wanted *w, struct holder *h)
{
	int size = proc_listpids(PROC_ALL_PIDS, 0, NULL, 0) + MORE * (int)sizeof(pid_t);
	pid_t *all = malloc((size_t)size);
	uint64_t id = 0;

	if (all == NULL)
		return 0;
	size = proc_listpids(PROC_ALL_PIDS, 0, all, size);
	for (int i = 0; id == 0 && i < size / (int)sizeof(*all); i++)
		if (all[i] > 0 && (id = find_fd(all[i], w, &h->fd)) != 0)
			h->pid = all[i];
	free(all);
	return id;
}

bool
peer_owner(const struct sockaddr_storage *peer, const struct sockaddr_storage *local,
    struct peer_socket *found)
{
	const struct wanted w = { .own = peer, .other = local };
	struct proc_bsdshortinfo info;
	struct holder h;

	if ((found->id = find(&w, &h)) == 0 || proc_pidinfo(h.pid, PROC_PIDT_SHORTBSDINFO, 0, &info,
	    sizeof(info)) < (int)sizeof(info))
		return false;
	found->uid = info.pbsi_uid;
	return true;
}

bool
holder_find(struct holder *h, const struct peer_socket *socket)
{
	const struct wanted w = { .id = socket->id };
	struct holder found;

	if (find(&w, &found) == 0)
		return false;
	*h = found;
	return true;
}

bool
holder_has(const struct holder *h, const struct peer_socket *socket)
{
	const struct wanted w = { .id = socket->id };

	return h->pid != 0 && socket_of(h->pid, h->fd, &w) != 0;
}
#endif
