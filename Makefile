# ftp-over-ssh. Works with GNU make (4.0 or newer) and bmake.
#
# Variables to set on the command line (NAME=value):
#   CC CFLAGS CPPFLAGS LDFLAGS  the compiler and what is added to its options
#   PREFIX      /usr/local      root of the installation
#   DESTDIR                     staging directory put before every path
#   BINDIR      PREFIX/bin      ftp-over-ssh, ftp-over-ssh-ctl
#   LIBEXECDIR  PREFIX/libexec  ftp-over-ssh-helper
#   MANDIR      PREFIX/share/man

PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBEXECDIR = $(PREFIX)/libexec
MANDIR = $(PREFIX)/share/man

CC = cc
CFLAGS = -O2 -g
AR = ar

VERSION = 0.1

all: ctl/ftp-over-ssh helper/ftp-over-ssh-helper

STD = -std=c11 -D_GNU_SOURCE -Wall -Wextra -Ictl -Ihelper
LIBS = -lbsd
DEFS = -DVERSION='"$(VERSION)"' -DLIBEXECDIR='"$(LIBEXECDIR)"'

CTL_SRC != ls ctl/*.c | grep -v '/ftp-over-ssh'
HELPER_SRC != ls helper/*.c | grep -v '/ftp-over-ssh'
CTL_OBJ = $(CTL_SRC:.c=.o)
HELPER_OBJ = $(HELPER_SRC:.c=.o)

.SUFFIXES: .c .o
.c.o:
	$(CC) $(STD) $(DEFS) $(CPPFLAGS) $(CFLAGS) -MMD -c -o $@ $<

ctl/libctl.a: $(CTL_OBJ)
	rm -f $@; $(AR) rcs $@ $(CTL_OBJ)
helper/libhelper.a: $(HELPER_OBJ)
	rm -f $@; $(AR) rcs $@ $(HELPER_OBJ)

ctl/ftp-over-ssh: ctl/ftp-over-ssh.o ctl/libctl.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ ctl/ftp-over-ssh.o ctl/libctl.a $(LIBS)
helper/ftp-over-ssh-helper: helper/ftp-over-ssh-helper.o helper/libhelper.a ctl/libctl.a
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ helper/ftp-over-ssh-helper.o helper/libhelper.a ctl/libctl.a $(LIBS)

clean:
	rm -f ctl/*.o ctl/*.a ctl/*.d helper/*.o helper/*.a helper/*.d
	rm -f ctl/ftp-over-ssh ctl/ftp-over-ssh-ctl helper/ftp-over-ssh-helper

DEPS != ls ctl/*.d helper/*.d 2>/dev/null; true
-include $(DEPS)

.PHONY: all clean
