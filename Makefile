# ftp-over-ssh. Works with GNU make (4.0 or newer) and bmake.
#
# Targets:
#   all         (default) the programs
#   install     programs, manual pages and completions; uninstall removes them
#   check       gets what the tests need (tests/deps), then all of them: unit, docs, sim, end-to-end
#   unit        unit tests alone
#   sim         the session machine in a simulated world: 100,000 dialogues (tests/sim/run)
#   demo        shows it at work on this machine
#   soak        the scenarios about integrity and load at full length (an hour)
#   bench       measures it against ssh -L, ssh -D and sftp
#   fuzz        runs the fuzzers for FUZZ_SECONDS each (clang); short: in unit
#   sanitize    unit tests and SCENARIOS with the address, leak and undefined behaviour sanitizers
#   valgrind    SCENARIOS with every process of ours under valgrind (half an hour)
#   portable    unit tests, sim and SCENARIOS, built with PORTABLE=1
#   cross       the programs for macOS and musl (tests/cross/run): built and linked
#   cross-test  unit tests and a scenario for other processors, under qemu (tests/cross/test)
#   lint        clang-tidy, shellcheck, mandoc: gets them (tests/deps), so that it says the same everywhere
#   dist clean
#
# Variables to set on the command line (NAME=value), the same ones for make and make install:
#   CC CFLAGS CPPFLAGS LDFLAGS  the compiler and what is added to its options
#   SCENARIOS                   end-to-end scenarios for sanitize, valgrind and portable, by parts of their
#                               names; default: all
#   JOBS                        how many builds and tests side by side; default: a processor each,
#                               and five scenarios for two, for these wait much
#   LIBBSD      -lbsd on Linux; empty: without libbsd
#   PORTABLE                    PORTABLE=1: as if Linux had nothing beyond POSIX, as on macOS
#   LINT SCRIPTS                what lint looks at: C sources; scripts or folders of them. Default: all
#   V                           V=1 shows every command
#   WERROR                      WERROR=-Werror makes warnings fatal
#   HARDEN_CFLAGS HARDEN_LDFLAGS  hardening options; default: what the compiler takes. Empty = none
#   PREFIX      /usr/local      root of the installation
#   DESTDIR                     staging directory put before every path
#   BINDIR      PREFIX/bin      ftp-over-ssh, ftp-over-ssh-ctl
#   LIBEXECDIR  PREFIX/libexec  ftp-over-ssh-helper
#   DATADIR     PREFIX/share
#   MANDIR      DATADIR/man
#   BASHCOMPDIR DATADIR/bash-completion/completions
#   ZSHCOMPDIR  DATADIR/zsh/site-functions
#   FISHCOMPDIR DATADIR/fish/vendor_completions.d, and where that is not read by fish (PREFIX
#               /usr/local) /etc/fish/completions
#   INSTALL     install         a BSD-compatible install(1)

VERSION = 0.1

PREFIX = /usr/local
BINDIR = $(PREFIX)/bin
LIBEXECDIR = $(PREFIX)/libexec
DATADIR = $(PREFIX)/share
MANDIR = $(DATADIR)/man
BASHCOMPDIR = $(DATADIR)/bash-completion/completions
ZSHCOMPDIR = $(DATADIR)/zsh/site-functions
FISHCOMPDIR != case '$(PREFIX)' in (/usr/local) echo /etc/fish/completions ;; \
	(*) echo '$(DATADIR)/fish/vendor_completions.d' ;; esac
INSTALL = install

CC = cc
CFLAGS = -O2
AR = ar
PKG_CONFIG = pkg-config
FUZZ_CC = clang
FUZZ_SECONDS = 30
SCENARIOS =
JOBS != echo $${JOBS:-`getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2`}

# The programs whose sources are here, and everything else as two libraries, so that the
# unit tests link what the programs link.
PROGRAMS != for p in ctl/ftp-over-ssh ctl/ftp-over-ssh-ctl helper/ftp-over-ssh-helper; do \
	if test -f $$p.c; then echo $$p; fi; done
CTL_SRC != ls ctl/*/*.c 2>/dev/null; true
HELPER_SRC != ls helper/*/*.c 2>/dev/null; true
UNIT_SRC != ls tests/unit/test_*.c 2>/dev/null; true
FUZZ_SRC != ls tests/fuzz/fuzz_*.c 2>/dev/null; true
SIM_SRC != ls tests/sim/*.c 2>/dev/null; true
MAN1 != ls man/*.1 2>/dev/null; true
MAN8 != ls man/*.8 2>/dev/null; true
COMPLETIONS != ls contrib/completions/* 2>/dev/null; true
CTL_OBJ = $(CTL_SRC:.c=.o)
HELPER_OBJ = $(HELPER_SRC:.c=.o)
SIM_OBJ = $(SIM_SRC:.c=.o)
UNIT = $(UNIT_SRC:.c=.test)
FUZZ = $(FUZZ_SRC:.c=.test)
LIBRARIES = helper/libhelper.a ctl/libctl.a

# Each option is tried on an empty program, once: the answers are kept in build/ for as long as the
# question is the same. -D_FORTIFY_SOURCE warns without -O, and where it is set already.
QUESTION = $(CC) / $(CPPFLAGS) / $(CFLAGS)
# GNU make knows the first one, bmake the second one
GOALS = $(MAKECMDGOALS)$(.TARGETS)
PROBED != case '$(GOALS)' in (clean) exit 0 ;; esac; \
	if test "`cat build/question 2>/dev/null`" = '$(QUESTION) / '"`pwd`"; then echo kept; exit 0; fi; \
	mkdir -p build && cd build || exit 0; \
	takes() { echo 'int main(void) { return 0; }' | $(CC) -Werror "$$@" -x c - >/dev/null 2>&1; }; \
	for f in -fstack-protector-strong -fstack-clash-protection -fcf-protection -fPIE; do \
		if takes "$$f" -S -o probe; then echo "$$f"; fi; done >cflags; \
	case '$(CPPFLAGS) $(CFLAGS)' in \
	(*_FORTIFY_SOURCE*) ;; \
	(*-O[123sgz]*) echo -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 ;; esac >>cflags; \
	for f in -pie -Wl,-z,relro -Wl,-z,now; do \
		if takes -fPIE "$$f" -o probe; then echo "$$f"; fi; done >ldflags; \
	f="-ffile-prefix-map=`cd .. && pwd`=."; \
	if takes "$$f" -S -o probe; then echo "$$f"; fi >paths; \
	rm -f probe; echo '$(QUESTION) / '"`cd .. && pwd`" >question; echo probed
HARDEN_CFLAGS != cat build/cflags 2>/dev/null; true
HARDEN_LDFLAGS != cat build/ldflags 2>/dev/null; true
# the same objects wherever they are built
PATHS != cat build/paths 2>/dev/null; true

# arc4random(3) and its like: the C library's, where it has them
LIBBSD != if test "`uname`$(PORTABLE)" = Linux; then echo -lbsd; fi
LIBS = $(LIBBSD:-lbsd=-Wl,--as-needed -lc -lbsd)

STD = -std=c11 -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 $(LIBBSD:-lbsd=-DUSE_LIBBSD) $(PORTABLE:1=-DPORTABLE) -Wall -Wextra -Wno-unused-parameter $(WERROR)
DEFS = -DVERSION='"$(VERSION)"'
COMPILE = $(CC) $(STD) -iquote ctl -iquote helper $(DEFS) $(CPPFLAGS) $(HARDEN_CFLAGS) $(PATHS) $(CFLAGS)
LINK = $(CC) $(HARDEN_CFLAGS) $(CFLAGS) $(HARDEN_LDFLAGS) $(LDFLAGS)

# Written anew only when they change; all objects depend on the first one.
FLAGS != case '$(GOALS)' in (clean) exit 0 ;; esac; mkdir -p build; \
	keep() { test "`cat build/$$1 2>/dev/null`" = "$$2" || echo "$$2" >build/$$1; }; \
	keep flags '$(QUESTION) / $(LDFLAGS) / $(HARDEN_CFLAGS) $(STD)'; keep libexecdir '$(LIBEXECDIR)'

# What is done, in a word; or all of it (V=1).
SAY_ = @echo
SAY_1 = @:
HUSH_ = @
HUSH_1 =
SAY = $(SAY_$(V))
HUSH = $(HUSH_$(V))

# Of the tests nobody waits for more than the compiler.
UNIT_CFLAGS = -O0 -U_FORTIFY_SOURCE

all: $(PROGRAMS)

.SUFFIXES: .c .o .test
.c.o:
	$(SAY) CC $<
	$(HUSH)$(COMPILE) -MMD -MP -c -o $@ $<
.c.test:
	$(SAY) TEST $<
	$(HUSH)$(COMPILE) $(UNIT_CFLAGS) -MMD -MP `$(PKG_CONFIG) --cflags check` $(HARDEN_LDFLAGS) $(LDFLAGS) -o $@ $< \
		$(LIBRARIES) `$(PKG_CONFIG) --libs check` $(LIBS)

$(CTL_OBJ) $(HELPER_OBJ) $(PROGRAMS:=.o) $(UNIT) $(FUZZ): build/flags
ctl/ftp-over-ssh.o: ctl/ftp-over-ssh.c build/libexecdir
	$(SAY) CC ctl/ftp-over-ssh.c
	$(HUSH)$(COMPILE) -DLIBEXECDIR='"$(LIBEXECDIR)"' -MMD -MP -c -o $@ ctl/ftp-over-ssh.c
ctl/libctl.a: $(CTL_OBJ)
	$(SAY) AR $@
	$(HUSH)rm -f $@; $(AR) rcs $@ $(CTL_OBJ)
helper/libhelper.a: $(HELPER_OBJ)
	$(SAY) AR $@
	$(HUSH)rm -f $@; $(AR) rcs $@ $(HELPER_OBJ)
ctl/ftp-over-ssh: ctl/ftp-over-ssh.o ctl/libctl.a
	$(SAY) LINK $@
	$(HUSH)$(LINK) -o $@ ctl/ftp-over-ssh.o ctl/libctl.a $(LIBS)
ctl/ftp-over-ssh-ctl: ctl/ftp-over-ssh-ctl.o ctl/libctl.a
	$(SAY) LINK $@
	$(HUSH)$(LINK) -o $@ ctl/ftp-over-ssh-ctl.o ctl/libctl.a $(LIBS)
helper/ftp-over-ssh-helper: helper/ftp-over-ssh-helper.o $(LIBRARIES)
	$(SAY) LINK $@
	$(HUSH)$(LINK) -o $@ helper/ftp-over-ssh-helper.o $(LIBRARIES) $(LIBS)
tests/sim/sim: $(SIM_OBJ) $(LIBRARIES)
	$(SAY) LINK $@
	$(HUSH)$(LINK) -o $@ $(SIM_OBJ) $(LIBRARIES) $(LIBS)
$(UNIT) $(FUZZ): $(LIBRARIES)

# --- tests

check:
	tests/deps check
	$(MAKE) -j $(JOBS) all $(UNIT) $(FUZZ) tests/sim/sim
	SIM_COUNT=$${SIM_COUNT:-40000} SIM_CUTS=$${SIM_CUTS:-400} \
		$(MAKE) -j 3 IDLE="nice -n 19 env JOBS=$$((($(JOBS) + 1) / 2))" sim docs waiting
unit: $(UNIT) $(FUZZ)
	@tests/unit/run $(FUZZ) $(UNIT)
sim: tests/sim/sim
	$(IDLE) tests/sim/run
	$(IDLE) tests/sim/broken
docs:
	tests/docs/run
# What waits for processes and for the network. The simulation, which does not, has what this leaves.
waiting: unit
	tests/e2e/run
demo:
	tests/deps demo
	$(MAKE) all
	tests/demo
soak: all tests/sim/sim
	tests/sim/run soak
	tests/soak/run
bench: all
	tests/bench/run

# In a copy of the tree, so that the objects of two builds do not mix. Without the sandbox: it
# knows neither the system calls of the sanitizers nor those of valgrind, and with fewer mutants, for
# each takes ten times as long.
COPY = copy() { mkdir -p $$1; find $$1 -name '*.[ch]' -exec rm -f {} +; \
	tar cf - --exclude='*.o' --exclude='*.a' --exclude='*.d' --exclude='*.test' \
		`ls -d Makefile ctl helper tests man contrib 2>/dev/null` | \
		(cd $$1 && tar xpf - && rm -f $(PROGRAMS)); }
WATCHED = CC='$(CC)' CPPFLAGS='-DNO_SANDBOX -DMUTANTS=20000 -DRUNS=4000' HARDEN_CFLAGS= HARDEN_LDFLAGS= \
	LDFLAGS='-Wl,--wrap=fork,--wrap=_exit forks.o'

SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
sanitize:
	tests/deps check
	@$(COPY); copy build/sanitize
	cd build/sanitize && $(CC) -c tests/e2e/forks.c && \
		$(MAKE) $(WATCHED) CFLAGS='-O1 -g $(SANITIZE)' -j $(JOBS) all $(UNIT) $(FUZZ) && \
		tests/unit/run $(FUZZ) $(UNIT)
	tests/e2e/watched sanitize build/sanitize $(SCENARIOS)
valgrind:
	tests/deps check
	@$(COPY); copy build/valgrind
	cd build/valgrind && $(CC) -c tests/e2e/forks.c && $(MAKE) $(WATCHED) CFLAGS='-O1 -g' -j $(JOBS) all
	tests/e2e/watched valgrind build/valgrind $(SCENARIOS)

portable:
	tests/deps check
	@$(COPY); copy build/portable
	cd build/portable && $(MAKE) PORTABLE=1 -j $(JOBS) all $(UNIT) $(FUZZ) tests/sim/sim && \
		tests/unit/run $(FUZZ) $(UNIT) && tests/sim/run
	RIG_PORTABLE=1 FTP_OVER_SSH_BUILD="`pwd`/build/portable" tests/e2e/run $(SCENARIOS)
cross:
	tests/cross/run
cross-test:
	tests/deps cross
	tests/cross/test

# The fuzzers themselves without instruments: it is the parsers' coverage that counts.
FUZZ_FLAGS = -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all
FUZZ_COVER = -fsanitize=fuzzer-no-link -fprofile-instr-generate -fcoverage-mapping
fuzz:
	tests/deps fuzz
	@$(COPY); copy build/fuzz
	cd build/fuzz && $(MAKE) -s CC='$(FUZZ_CC)' CPPFLAGS=-DNO_SANDBOX HARDEN_CFLAGS= \
		CFLAGS='$(FUZZ_FLAGS) $(FUZZ_COVER)' $(LIBRARIES)
	cd build/fuzz && for s in $(FUZZ_SRC); do n=`basename $$s .c`; \
		$(FUZZ_CC) $(STD) -iquote ctl -iquote helper -DLIBFUZZER $(FUZZ_FLAGS) -c -o $$n.o $$s && \
		$(FUZZ_CC) $(FUZZ_FLAGS) -fsanitize=fuzzer -fprofile-instr-generate -o $$n $$n.o \
			$(LIBRARIES) $(LIBS) || exit; done
	tests/fuzz/run build/fuzz $(FUZZ_SECONDS) `basename -s .c -a $(FUZZ_SRC)`

# Without the checks that mostly find fault with what is right here (unix.Malloc does not
# understand lists, for one; the sanitizers do that work).
TIDY_CHECKS = -*,clang-analyzer-*,-clang-analyzer-unix.Malloc,-clang-analyzer-security.insecureAPI.*,\
-clang-analyzer-unix.Vfork,-clang-analyzer-optin.performance.Padding,\
bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-assignment-in-if-condition,\
-bugprone-narrowing-conversions,-bugprone-implicit-widening*,-bugprone-reserved-identifier,\
-bugprone-sizeof-expression,-bugprone-branch-clone,-bugprone-multi-level-implicit-pointer-conversion
LINT = $(CTL_SRC) $(HELPER_SRC) $(PROGRAMS:=.c)
SCRIPTS = tests contrib .ci
lint:
	tests/deps lint
	@printf '%s\n' $(LINT) | xargs -r -P $(JOBS) -n 1 sh -c \
		'said=`clang-tidy --quiet --checks="$(TIDY_CHECKS)" --warnings-as-errors="*" "$$@" -- \
			$(STD) -iquote ctl -iquote helper $(CPPFLAGS) -DVERSION=\"\" -DLIBEXECDIR=\"\" 2>&1` || \
		{ echo "$$said"; exit 1; }' sh
	@grep -rlIE '^#! ?/(usr/)?bin/(env )?(ba)?sh' /dev/null $(SCRIPTS) 2>/dev/null | \
		xargs -r -P $(JOBS) -n 8 shellcheck
	@test -z '$(MAN1)$(MAN8)' || mandoc -Tlint -Wwarning $(MAN1) $(MAN8)

# --- installing: each file gets its name when it is whole, so that a running program or
# a reader never meets half of one

PUT = put() { d='$(DESTDIR)'$$3; $(INSTALL) -d "$$d" && $(INSTALL) -m $$1 $$2 "$$d/.new.$$$$" && \
	mv -f "$$d/.new.$$$$" "$$d/$$4" && echo "$$d/$$4"; }
# the directory and the name of a program or a completion, as $$d and $$n
PLACE = place() { n=`basename $$1`; case $$1 in \
	(helper/*) d='$(LIBEXECDIR)' ;; (ctl/*) d='$(BINDIR)' ;; \
	(*.1) d='$(MANDIR)/man1' ;; (*.8) d='$(MANDIR)/man8' ;; \
	(*.fish) d='$(FISHCOMPDIR)' ;; (*/_*) d='$(ZSHCOMPDIR)' ;; \
	(*) d='$(BASHCOMPDIR)'; n=`basename $$1 .bash` ;; esac; }

install: all
	@set -e; $(PUT); $(PLACE); \
	for f in $(PROGRAMS); do place $$f; put 755 $$f "$$d" "$$n"; done; \
	for f in $(MAN1) $(MAN8) $(COMPLETIONS); do place $$f; put 644 $$f "$$d" "$$n"; done
uninstall:
	@$(PLACE); for f in $(PROGRAMS) $(MAN1) $(MAN8) $(COMPLETIONS); do \
		place $$f; rm -f '$(DESTDIR)'"$$d/$$n"; done

# Of what is committed; in an unpacked tarball, of what was in it.
DIST = ftp-over-ssh-$(VERSION)
dist:
	@if git rev-parse --git-dir >/dev/null 2>&1; then \
		git archive --prefix=$(DIST)/ -o $(DIST).tar.gz HEAD; \
	else d=`mktemp -d` && mkdir $$d/$(DIST) && $(MAKE) -s clean && \
		tar cf - --exclude='./*.tar.gz' . | (cd $$d/$(DIST) && tar xpf -) && \
		(cd $$d && tar cf - $(DIST)) | gzip -9n >$(DIST).tar.gz && rm -rf $$d; fi
	@echo $(DIST).tar.gz
clean:
	rm -rf build $(PROGRAMS) $(LIBRARIES) $(UNIT) $(FUZZ) tests/sim/sim
	rm -f ctl/*.[od] ctl/*/*.[od] helper/*.[od] helper/*/*.[od] tests/*/*.o tests/*/*.d tests/*/*.test.*

DEPENDENCIES != ls ctl/*.d ctl/*/*.d helper/*.d helper/*/*.d tests/unit/*.d tests/fuzz/*.d tests/sim/*.d 2>/dev/null; true
-include $(DEPENDENCIES)

.PHONY: all check unit docs waiting portable cross cross-test sim demo soak bench fuzz sanitize valgrind lint install uninstall dist clean
