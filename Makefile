# concbench - see `make help`. Out of tree in build/; every knob below may be set on the command line.

CC      ?= cc
CXX     ?= c++
AR      ?= ar
CFLAGS  ?= -O2 -g
CXXFLAGS ?= -O2 -g
LDFLAGS ?=
PREFIX  ?= /usr/local
DESTDIR ?=
# address (with undefined) or thread: an instrumented build in its own tree, never for timings.
# fuzz is what `make fuzz` uses: clang only.
SAN     ?=
# 1: warnings are errors.
WERROR  ?= 0
# Extra arguments for `concbench run` in `make bench`.
BENCH_ARGS ?=
PROFILE ?= quick
# `make fuzz`: compilers with libFuzzer, seconds for each target.
FUZZ_CC  ?= clang
FUZZ_CXX ?= clang++
FUZZ_SECONDS ?= 20

# V=1 shows the commands.
V ?= 0
Q := $(if $(filter 1,$(V)),,@)
say = $(if $(filter 1,$(V)),,@printf '  %-4s %s\n' '$(1)' '$(2)')

.DELETE_ON_ERROR:
.SUFFIXES:
MAKEFLAGS += -r

VERSION := 0.1.0
BUILD := build$(if $(SAN),/san-$(SAN))

, := ,
PKG_CONFIG ?= pkg-config
PKGS  := benchmark hwloc ck jansson
# The databases must not weigh on a cell, where every mapping is one more for fork to copy: SQLite is
# linked statically where its archive is there, libpq is loaded when it is wanted (store_postgres.c). Of liburcu
# only what its headers inline is used.
PKG_CFLAGS = $(shell $(PKG_CONFIG) --cflags $(PKGS) sqlite3 libpq liburcu 2>/dev/null)
SQLITE_LIB := $(if $(filter /%,$(shell $(CC) -print-file-name=libsqlite3.a)),-Wl$(,)-Bstatic -lsqlite3 -Wl$(,)-Bdynamic,-lsqlite3)
PKG_LIBS   = $(shell $(PKG_CONFIG) --libs $(PKGS) 2>/dev/null)

# The macros are gcc's; clang has no word of its own for it.
SAN_FLAGS_address := -fsanitize=address,undefined -D__SANITIZE_ADDRESS__=1 -fno-sanitize-recover=undefined
SAN_FLAGS_thread  := -fsanitize=thread -D__SANITIZE_THREAD__=1
SAN_FLAGS_fuzz    := -fsanitize=fuzzer-no-link,address,undefined -D__SANITIZE_ADDRESS__=1 -fno-sanitize-recover=undefined
SAN_FLAGS := $(if $(SAN),$(SAN_FLAGS_$(SAN)))

WARN_COMMON := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wvla -Wundef \
               -Wformat=2 -Wwrite-strings $(if $(filter 1,$(WERROR)),-Werror)
WARN_C   := $(WARN_COMMON) -Wstrict-prototypes -Wmissing-prototypes -Wold-style-definition
WARN_CXX := $(WARN_COMMON)

# What machine code a kind becomes, here and in a shared object of its user's: concbench.pc has it, too.
# -fno-omit-frame-pointer: profilers and coroutine backtraces. -falign-functions: the same function has its
# loops at the same places of a cache line in every program that has it; where they stood by chance, the same
# lock was 2.7 % slower. No -march=native, no LTO: a run file is compared with others, so the defaults must
# mean the same everywhere.
CODE_FLAGS   := -fno-omit-frame-pointer -falign-functions=64
OWN_CPPFLAGS := -D_GNU_SOURCE -I. -Iharness/include -MMD -MP
OWN_CFLAGS   := -std=c11 -pthread $(CODE_FLAGS) $(WARN_C) $(SAN_FLAGS)
OWN_CXXFLAGS := -std=c++17 -pthread $(CODE_FLAGS) $(WARN_CXX) $(SAN_FLAGS)
# A forked worker would look up again, in its copies of these pages, each function that its maker never called.
OWN_LDFLAGS  := -pthread -Wl,-z,now $(SAN_FLAGS)
LIBS = -Wl,-Bstatic -lboost_context -Wl,-Bdynamic $(PKG_LIBS) $(SQLITE_LIB) -ldl -lm

HARNESS_SRC := $(filter-out %_test.c %_fuzz.c,$(wildcard harness/*.c harness/*/*.c)) harness/gbench.cc
BENCH_SRC   := $(filter-out %_test.c %_program.c,$(wildcard benches/*.c benches/*/*.c benches/*/*/*.c benches/*/*.cc))
TEST_SRC    := $(wildcard harness/*_test.c harness/*/*_test.c benches/*_test.c benches/*/*_test.c benches/*/*/*_test.c)

obj = $(patsubst %,$(BUILD)/obj/%.o,$(1))
HARNESS_OBJ := $(call obj,$(filter-out harness/cmd/main.c,$(HARNESS_SRC)))
BENCH_OBJ   := $(call obj,$(BENCH_SRC))
TESTS       := $(patsubst %.c,$(BUILD)/tests/%,$(TEST_SRC))
FUZZ_SRC    := $(wildcard harness/*/*_fuzz.c)
FUZZERS     := $(patsubst %.c,$(BUILD)/fuzz/%,$(FUZZ_SRC))

# What an instrumented build has nothing to find in. Thousands of simulated gates: the other tests run that
# code, too. Races: where only one thread is; and conformance takes seven minutes, where the smoke profile runs
# every family.
SIMULATIONS := gate/gate_false_rate stats/change_points stats/coverage stats/false_rate stats/power stats/replay
ONE_THREAD  := $(filter-out %/histogram_test,$(filter $(patsubst %,harness/%_test,%_speed compare/% gate/% history/% \
                 machine/placement% report/% run/% stats/%),$(TEST_SRC:.c=)))
LEFT_OUT := $(if $(filter address thread,$(SAN)),$(SIMULATIONS:%=harness/%_test)) \
            $(if $(filter thread,$(SAN)),$(ONE_THREAD) benches/conformance_test)
UNIT_TESTS := $(filter-out $(LEFT_OUT:%=$(BUILD)/tests/%),$(TESTS))

.PHONY: all
all: ## build build/concbench (the default)
all:
	@scripts/deps --check build
	@$(MAKE) --no-print-directory $(BUILD)/concbench

.PHONY: bench
bench: ## install what is missing, build, run the quick profile, draw, say where the report is
bench: deps-bench
	@$(MAKE) --no-print-directory $(BUILD)/concbench
	@$(BUILD)/concbench run --profile $(PROFILE) $(BENCH_ARGS)

# One line a test; tests that only compute run side by side. What tests say on stderr goes past prove, by
# descriptor 9: of a test that has said something there prove waits for a line on stdout, and begins no other.
PROVE := HARNESS_RULESFILE=scripts/tests/rules.yml prove --merge --jobs $(shell nproc) --timer --failures \
         --exec scripts/tests/exec

.PHONY: test
test: ## install what is missing, build, run unit and command-line tests
test: deps-test
	@$(MAKE) --no-print-directory $(BUILD)/concbench tests
	@CONCBENCH=$(abspath $(BUILD)/concbench) CONCBENCH_TESTS=$(abspath $(BUILD)/tests) \
	  $(PROVE) $(TESTS) $(wildcard scripts/tests/*.sh) 9>&2

.PHONY: unit-test
unit-test: ## only the unit tests
unit-test: deps-test
	@$(MAKE) --no-print-directory $(BUILD)/concbench $(UNIT_TESTS)
	@$(PROVE) $(UNIT_TESTS) 9>&2

# For `make gate`: what to compare with, what to compare (nothing: the working tree), further options.
BASE ?=
HEAD ?=
GATE_ARGS ?=
# As typed: neither make nor the shell reads what is in a regular expression.
gate: export GATE_BASE = $(value BASE)
gate: export GATE_HEAD = $(value HEAD)
gate: export GATE_WORDS = $(value GATE_ARGS)
.PHONY: gate
gate: ## is the working tree (or HEAD=REV) slower than BASE=REV?
gate: deps-build
	@[ -n "$$GATE_BASE" ] || { echo 'make gate: BASE=REV is missing, e.g. make gate BASE=main' >&2; exit 2; }
	@scripts/gate "$$GATE_BASE" $(if $(value HEAD),"$$GATE_HEAD") --words "$$GATE_WORDS"

.PHONY: fuzz
fuzz: ## give the readers of run files and of the cell protocol broken input for FUZZ_SECONDS each
fuzz: deps-ci
	@$(MAKE) --no-print-directory SAN=fuzz CC='$(FUZZ_CC)' CXX='$(FUZZ_CXX)' fuzzers
	@scripts/fuzz '$(FUZZ_SECONDS)' $(FUZZ_SRC)

.PHONY: check
check: ## everything that CI runs: tests, sanitizers, style
	@.ci/run

FORMATTED = $(shell find harness benches scripts -name '*.[ch]' -o -name '*.cc')
SHELL_SCRIPTS = .ci/run scripts/deps scripts/fuzz scripts/gate scripts/reference/compare scripts/reference/figures_to_reach scripts/reference/perf_pipe.sh scripts/reference/redis_benchmark.sh scripts/tests/exec scripts/tests/mutants \
                $(wildcard scripts/tests/*.sh scripts/experiments/*.sh scripts/ci/*.sh)

.PHONY: lint
lint: ## clang-format and shellcheck
lint: deps-ci
	@clang-format --dry-run --Werror $(FORMATTED)
	@shellcheck -x $(SHELL_SCRIPTS)
	@echo 'clang-format and shellcheck: clean'

.PHONY: format
format: ## let clang-format rewrite the sources
	clang-format -i $(FORMATTED)

# What is below $(PREFIX) after that, and gone after `make uninstall`.
TO := $(DESTDIR)$(PREFIX)
COMPLETIONS := bash-completion/completions/concbench zsh/site-functions/_concbench fish/vendor_completions.d/concbench.fish
INSTALLED := bin/concbench include/concbench share/concbench share/pkgconfig/concbench.pc share/man/man1/concbench.1 \
             $(COMPLETIONS:%=share/%)

# For a kind of one's own: cc -shared -fPIC $(pkg-config --cflags concbench) bench.c -o bench.so
define PC
prefix=$(PREFIX)
includedir=$${prefix}/include
gbench=$${includedir}/concbench/gbench.cc

Name: concbench
Description: headers for locks, queues and jobs of one's own (concbench --load)
Version: $(VERSION)
Cflags: -I$${includedir} $(CODE_FLAGS)
endef

.PHONY: install
install: export PC := $(PC)
install: ## install program, headers, concbench.pc, man page, completions below $(DESTDIR)$(PREFIX)
install: all
	install -d $(sort $(dir $(INSTALLED:%=$(TO)/%))) $(TO)/include/concbench $(TO)/share/concbench/plots
	install -m 755 $(BUILD)/concbench $(TO)/bin/concbench
	install -m 644 harness/include/concbench/*.h harness/gbench.cc $(TO)/include/concbench
	install -m 644 scripts/plots/*.gp $(TO)/share/concbench/plots
	printf '%s\n' "$$PC" >$(TO)/share/pkgconfig/concbench.pc
	$(BUILD)/concbench man >$(TO)/share/man/man1/concbench.1
	$(foreach file,$(COMPLETIONS),$(BUILD)/concbench completions $(patsubst %-completion,%,$(firstword $(subst /, ,$(file)))) \
	  >$(TO)/share/$(file) &&) :

.PHONY: uninstall
uninstall: ## remove what `make install` has put there
	rm -rf $(INSTALLED:%=$(TO)/%)

.PHONY: clean
clean: ## remove build/
	rm -rf build

.PHONY: help
help: ## this list
	@sed -n 's/^\([a-z-]*\): ## /\1\t/p' Makefile | awk -F '\t' '{printf "  %-10s %s\n", $$1, $$2}'
	@echo; echo 'variables: CC CXX CFLAGS CXXFLAGS LDFLAGS PREFIX DESTDIR SAN=address|thread WERROR=1 V=1'
	@echo '           PROFILE=smoke|quick|full BENCH_ARGS="--filter lock/" (make bench)'
	@echo '           BASE=REV HEAD=REV GATE_ARGS="--filter ^(lock|queue)/" (make gate)'

.PHONY: deps-build deps-bench deps-test deps-ci
deps-build deps-bench deps-test deps-ci: deps-%:
	@scripts/deps $*

# The harness calls the benches' registry, the benches call the harness: a group resolves both. Kinds
# enter a table by themselves and nobody names them: the program takes all of the benches.
ARCHIVES  := -Wl,--start-group $(BUILD)/libbenches.a $(BUILD)/libharness.a -Wl,--end-group
ALL_KINDS := -Wl,--whole-archive $(BUILD)/libbenches.a -Wl,--no-whole-archive $(BUILD)/libharness.a
# What kinds of a shared object (--load) call.
EXPORTS   := -Wl,--export-dynamic-symbol=cb_*

$(BUILD)/concbench: $(call obj,harness/cmd/main.c) $(BUILD)/libbenches.a $(BUILD)/libharness.a
	$(call say,LD,$@)
	$(Q)$(CXX) $(OWN_LDFLAGS) $(LDFLAGS) $(EXPORTS) -o $@ $< $(ALL_KINDS) $(LIBS)

$(BUILD)/libharness.a: $(HARNESS_OBJ)
$(BUILD)/libbenches.a: $(BENCH_OBJ)
$(BUILD)/lib%.a:
	$(call say,AR,$@)
	$(Q)rm -f $@ && $(AR) rcs $@ $^

.PHONY: tests
tests: $(TESTS)
# Kept, or make would compile every test again at each call.
.SECONDARY: $(call obj,$(TEST_SRC))

# Those of the benches have all kinds.
$(BUILD)/tests/benches/%: ARCHIVES = $(ALL_KINDS)
$(BUILD)/tests/%: $(BUILD)/obj/%.c.o $(BUILD)/libbenches.a $(BUILD)/libharness.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CXX) $(OWN_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS) -lcmocka

# Only what the readers stand on, neither benches nor workers.
FUZZED_OBJ := $(filter $(patsubst %,$(BUILD)/obj/harness/%.o,base/% stats/% machine/% run/% cell/protocol.c),$(HARNESS_OBJ)) \
              $(call obj,harness/gbench.cc)

.PHONY: fuzzers
fuzzers: $(FUZZERS)
.SECONDARY: $(call obj,$(FUZZ_SRC))
$(BUILD)/libfuzzed.a: $(FUZZED_OBJ)
$(BUILD)/fuzz/%: $(BUILD)/obj/%.c.o $(BUILD)/libfuzzed.a
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CXX) -fsanitize=fuzzer $(OWN_LDFLAGS) $(LDFLAGS) -o $@ $< $(BUILD)/libfuzzed.a $(LIBS)

# What everything is compiled with. Written when it has changed, and then everything is compiled
# again: the run file says which compiler and flags were measured.
define TOOLS
$(CC) | $(CXX) | $(CPPFLAGS) | $(CFLAGS) | $(CXXFLAGS) | $(filter-out -W%,$(OWN_CFLAGS) | $(OWN_CXXFLAGS)) | $(PKG_CFLAGS)
endef
export TOOLS
$(BUILD)/tools: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$TOOLS" | cmp -s - $@ || printf '%s\n' "$$TOOLS" > $@
OBJ_NEEDS := Makefile $(BUILD)/tools

$(BUILD)/obj/%.c.o: %.c $(OBJ_NEEDS)
	@mkdir -p $(@D)
	$(call say,CC,$<)
	$(Q)$(CC) $(OWN_CPPFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(OWN_CFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/obj/%.cc.o: %.cc $(OBJ_NEEDS)
	@mkdir -p $(@D)
	$(call say,CXX,$<)
	$(Q)$(CXX) $(OWN_CPPFLAGS) $(CPPFLAGS) $(PKG_CFLAGS) $(OWN_CXXFLAGS) $(CXXFLAGS) -c -o $@ $<

# A program that a cell executes, and that is part of concbench as it is: neither sanitized nor linked with anything.
DAEMONS_PROGRAM := $(BUILD)/obj/benches/fault/daemons_program
$(DAEMONS_PROGRAM): benches/fault/daemons_program.c benches/fault/daemons_notes.h $(OBJ_NEEDS)
	@mkdir -p $(@D)
	$(call say,LD,$@)
	$(Q)$(CC) -D_GNU_SOURCE -I. -std=c11 -pthread $(WARN_C) -O2 -Wl,-z,now -o $@ $<
$(BUILD)/obj/benches/fault/daemons.c.o: $(DAEMONS_PROGRAM)
$(BUILD)/obj/benches/fault/daemons.c.o: OWN_CPPFLAGS += -DDAEMONS_PROGRAM='"$(DAEMONS_PROGRAM)"'

# What scripts/experiments/*.sh run beside concbench itself.
EXPERIMENTS := replay history_points
$(addprefix $(BUILD)/,$(EXPERIMENTS)): $(BUILD)/%: $(BUILD)/obj/scripts/experiments/%.c.o $(BUILD)/libbenches.a $(BUILD)/libharness.a
	$(call say,LD,$@)
	$(Q)$(CXX) $(OWN_LDFLAGS) $(LDFLAGS) -o $@ $< $(ARCHIVES) $(LIBS)

# What the program says of its own build. Written at every call, kept when nothing has changed, so
# that only a change compiles build_info.c again.
lib_version = $(shell $(PKG_CONFIG) --modversion $(1) 2>/dev/null)
revision = $(shell git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)
dirty = $(shell git status --porcelain 2>/dev/null | grep -q . && echo 1 || echo 0)
boost_version = $(shell sed -n 's/^.define BOOST_LIB_VERSION "\(.*\)"/\1/p' /usr/include/boost/version.hpp 2>/dev/null)

define BUILD_INFO
#define BUILD_INFO_VERSION "$(VERSION)"
#define BUILD_INFO_REVISION "$(revision)"
#define BUILD_INFO_DIRTY $(dirty)
#define BUILD_INFO_COMPILER "$(shell $(CC) --version 2>/dev/null | head -n 1)"
#define BUILD_INFO_FLAGS "$(subst ",\",$(strip $(CPPFLAGS) $(filter-out -W%,$(OWN_CFLAGS)) $(CFLAGS) $(LDFLAGS)))"
#define BUILD_INFO_SANITIZER "$(SAN)"
#define BUILD_INFO_LIB_BENCHMARK "$(call lib_version,benchmark)"
#define BUILD_INFO_LIB_HWLOC "$(call lib_version,hwloc)"
#define BUILD_INFO_LIB_CK "$(call lib_version,ck)"
#define BUILD_INFO_LIB_URCU "$(call lib_version,liburcu)"
#define BUILD_INFO_LIB_JANSSON "$(call lib_version,jansson)"
#define BUILD_INFO_LIB_BOOST "$(boost_version)"
endef
export BUILD_INFO

$(BUILD)/obj/harness/machine/build_info.c.o: $(BUILD)/build_info_generated.h
$(BUILD)/obj/harness/machine/build_info.c.o: OWN_CPPFLAGS += -I$(BUILD)
$(BUILD)/build_info_generated.h: FORCE
	@mkdir -p $(@D)
	@printf '%s\n' "$$BUILD_INFO" | cmp -s - $@ || printf '%s\n' "$$BUILD_INFO" > $@
# What is in the program as it is (base/embed.h): what `concbench new` writes, and how a page looks.
$(BUILD)/obj/harness/report/html_style.c.o: harness/report/page.css harness/report/page.js
$(BUILD)/obj/harness/cmd/cmd_new.c.o: $(wildcard scripts/examples/own-lock/* scripts/examples/own-lock/.gitignore scripts/ci/own-kinds.*)
.PHONY: FORCE
FORCE:

-include $(patsubst %.o,%.d,$(HARNESS_OBJ) $(BENCH_OBJ) $(call obj,harness/cmd/main.c $(EXPERIMENTS:%=scripts/experiments/%.c) $(TEST_SRC) $(FUZZ_SRC)))
