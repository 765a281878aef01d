# Deblur: `make help` lists the targets. config=sanitize builds with ASan and UBSan into build/sanitize.
config ?= release
B := $(if $(filter release,$(config)),build,build/$(config))

CC ?= gcc
CSTD := -std=c11 -D_POSIX_C_SOURCE=200809L
WARN := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wvla -Wdouble-promotion -Werror
CFLAGS_release := -O3 -g
CFLAGS_sanitize := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
# ffp-contract=off: fused multiply-adds stand where the source says so, and nowhere else; results do not depend on the compiler.
CFLAGS += $(CSTD) $(WARN) $(CFLAGS_$(config)) -ffp-contract=off -Inative -MMD -MP -pthread
LDFLAGS += $(if $(filter sanitize,$(config)),-fsanitize=address$(comma)undefined) -pthread
comma := ,

# Open MPI, where it is there, for training on several processes; mpi=no does without.
mpi ?= yes
MPI_LIBS := $(if $(filter yes,$(mpi)),$(shell mpicc --showme:link 2>/dev/null))
MPI_CFLAGS := $(if $(MPI_LIBS),-DDEBLUR_MPI $(addprefix -isystem ,$(shell mpicc --showme:incdirs)))

ARCH := $(shell uname -m)
CORE_SRC := $(wildcard native/core/*.c)
KERNEL_SRC := native/kernels/kernels.c native/kernels/kernels_ref.c
KERNEL_SRC_x86_64 := native/kernels/kernels_avx2.c native/kernels/kernels_avx512.c
KERNEL_SRC_aarch64 := native/kernels/kernels_neon.c
KERNEL_SRC += $(KERNEL_SRC_$(ARCH))
PICTURE_SRC := $(wildcard native/picture/*.c)
DEGRADE_SRC := $(wildcard native/degrade/*.c)
BASELINE_SRC := $(wildcard native/baseline/*.c)
DATA_SRC := $(wildcard native/data/*.c)
TRAIN_SRC := $(wildcard native/train/*.c)
DEBLUR_SRC := native/tools/deblur.c native/tools/options.c native/tools/common.c native/tools/utf8.c native/tools/metrics.c native/tools/told_blurs.c native/train/json_line.c \
	$(wildcard native/tools/command_*.c)
TRAINER_SRC := $(patsubst %,native/tools/%.c,deblur_train options common utf8 html svg_chart ablation) $(wildcard native/tools/train_*.c)
TEST_SRC := $(wildcard tests/native/test_*.c) tests/native/make_test_model.c tests/native/run_graph.c

object = $(patsubst native/%.c,$(B)/obj/%.o,$(1))
CORE_OBJ := $(call object,$(CORE_SRC) $(KERNEL_SRC))
PICTURE_OBJ := $(call object,$(PICTURE_SRC))
TRAIN_OBJ := $(call object,$(TRAIN_SRC) $(DATA_SRC) $(DEGRADE_SRC))
BASELINE_OBJ := $(call object,$(BASELINE_SRC) $(DEGRADE_SRC))
TESTS := $(patsubst tests/native/%.c,$(B)/tests/%,$(TEST_SRC))

.PHONY: help setup all native run test check format bench fuzz weights-report data clean
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 10

setup: ## install what is needed (Debian's packages, npm's); quick the second time
	@scripts/setup

all: native wasm ## everything that is compiled: the programs, the trainer, the tests, WebAssembly

native: $(B)/deblur $(B)/deblur-train $(B)/bench $(B)/bench-train $(TESTS) ## the native programs and their tests

port ?= 8080
run: setup ## set up, build, and serve the page on this machine (port=8080)
	@$(MAKE) --no-print-directory web
	@node scripts/serve.js $(B)/web $(port)

test: setup ## set up, build, and run every test; with config=sanitize the native ones
	@$(MAKE) --no-print-directory native $(if $(filter release,$(config)),web $(WASM)/test_kernels-simd.cjs $(WASM)/test_kernels-relaxed.cjs $(NEON_TEST))
	@scripts/test $(B)

C_FILES := $(wildcard native/*.h native/*/*.[ch] tests/native/*.[ch] wasm/*.c)
check: setup ## formatting, static analysis, linting, types
	@echo '  clang-format'; clang-format --dry-run --Werror $(C_FILES)
	@echo '  cppcheck'; cppcheck --quiet --error-exitcode=1 --std=c11 --enable=warning,performance,portability --inline-suppr \
		--suppress=missingIncludeSystem --suppress=danglingTempReference -Inative -j2 $(filter-out native/picture/stb.%,$(filter %.c,$(C_FILES)))
	@echo '  biome'; npx biome ci .
	@echo '  tsc'; npx tsc -p tsconfig.json

format: ## format every file
	clang-format -i $(C_FILES)
	npx biome check --write .

large ?= no
bench: setup ## how fast it is, beside the machine's ceiling and onnxruntime; build/bench.json; large=yes: 12 megapixels, too
	@$(MAKE) --no-print-directory native web $(B)/bench $(WASM)/bench-simd.cjs $(WASM)/bench-relaxed.cjs
	@node scripts/bench.js $(if $(filter yes,$(large)),--large)

weights-report: native ## measure every model on EVAL, a folder of pictures to test with, and write the cards
	@test -n "$(EVAL)" || { echo "weights-report: EVAL=DIR is missing: where the pictures to test with are (scripts/evaluate)" >&2; exit 1; }
	@scripts/weights-report "$(EVAL)"

FUZZ_SECONDS ?= 60
fuzz: ## run each fuzzer for FUZZ_SECONDS (clang-19 with libclang-rt-19-dev)
	@test -n "$(wildcard /usr/lib/llvm-19/lib/clang/19/lib/linux/libclang_rt.fuzzer-*.a)" || \
		{ echo "fuzz: libclang-rt-19-dev is missing: apt-get install clang-19 libclang-rt-19-dev" >&2; exit 1; }
	@mkdir -p $(B)/fuzz
	@for target in model_file picture recipe checkpoint run_log dataset; do \
		echo "  fuzz_$$target"; \
		clang-19 -std=c11 -D_POSIX_C_SOURCE=200809L -g -O1 -fsanitize=fuzzer,address,undefined \
			-fsanitize-ignorelist=tests/native/fuzz_ignore.txt -fno-sanitize-recover=undefined -Inative -Itests/native -Itests/native/one_thread \
			tests/native/fuzz_$$target.c $(CORE_SRC) native/kernels/kernels.c native/kernels/kernels_ref.c $(PICTURE_SRC) \
			$(DEGRADE_SRC) $(DATA_SRC) $(filter-out native/train/trainer%.c,$(TRAIN_SRC)) \
			-DKERNELS_REFERENCE_ONLY -ldnnl -lz -lm -pthread -o $(B)/fuzz/$$target && \
		mkdir -p $(B)/fuzz/corpus_$$target && \
		$(B)/fuzz/$$target -max_total_time=$(FUZZ_SECONDS) -max_len=65536 $(B)/fuzz/corpus_$$target tests/golden || exit 1; done

data: ## fetch free photographs to train on, into data/photos
	@scripts/get-data

clean: ## remove what was built
	rm -rf build

$(B)/obj/kernels/kernels_avx2.o: CFLAGS += -mavx2 -mfma
$(B)/obj/kernels/kernels_avx512.o: CFLAGS += -mavx2 -mfma -mavx512f -mavx512dq -mavx512vl
$(B)/obj/train/%.o $(B)/obj/data/%.o $(B)/obj/tools/train_%.o $(B)/obj/tools/bench_train.o: CFLAGS += -fopenmp

# stb's JPEG writer shifts bits out of an int on purpose, which is no fault of ours to report.
$(B)/obj/picture/stb.o: CFLAGS += $(if $(filter sanitize,$(config)),-fno-sanitize=shift)

# The commit is told to one file, which is compiled anew when it changes.
COMMIT := $(or $(if $(wildcard .git),$(shell git describe --always --dirty 2>/dev/null)),unknown)
$(B)/obj/tools/train_run.o: CFLAGS += -DDEBLUR_COMMIT='"$(COMMIT)"'
$(B)/obj/tools/train_run.o: $(B)/commit
$(B)/commit: FORCE
	@mkdir -p $(@D)
	@echo '$(COMMIT)' | cmp -s - $@ || echo '$(COMMIT)' >$@
# So is whether there is MPI.
$(B)/obj/train/parallel.o: CFLAGS += $(MPI_CFLAGS)
$(B)/obj/train/parallel.o: $(B)/mpi
$(B)/mpi: FORCE
	@mkdir -p $(@D)
	@echo '$(MPI_CFLAGS)' | cmp -s - $@ || echo '$(MPI_CFLAGS)' >$@
.PHONY: FORCE

$(B)/obj/%.o: native/%.c
	@mkdir -p $(@D)
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(CFLAGS) -c $< -o $@

$(B)/libdeblur.a: $(CORE_OBJ)
	@echo "  $(@:$(B)/%=%)"
	@$(AR) rcs $@ $^

$(B)/deblur: $(call object,$(DEBLUR_SRC)) $(BASELINE_OBJ) $(PICTURE_OBJ) $(B)/libdeblur.a
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(LDFLAGS) $^ -lz -lm -o $@

$(B)/deblur-train: $(call object,$(TRAINER_SRC)) $(TRAIN_OBJ) $(PICTURE_OBJ) $(B)/libdeblur.a
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(LDFLAGS) -fopenmp $^ -ldnnl $(MPI_LIBS) -lz -lm -o $@

$(B)/bench: $(call object,native/tools/bench.c) $(B)/libdeblur.a
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(LDFLAGS) $^ -lm -o $@

$(B)/bench-train: $(call object,native/tools/bench_train.c) $(TRAIN_OBJ) $(PICTURE_OBJ) $(B)/libdeblur.a
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(LDFLAGS) -fopenmp $^ -ldnnl $(MPI_LIBS) -lz -lm -o $@

# Tests of the trainer need oneDNN, the others link it without using it. filter-out: a .d file adds headers to $^.
$(B)/tests/%: tests/native/%.c $(TRAIN_OBJ) $(call object,$(BASELINE_SRC)) $(PICTURE_OBJ) $(B)/libdeblur.a
	@mkdir -p $(@D)
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(CFLAGS) -Itests/native $(LDFLAGS) -fopenmp $(filter-out %.h,$^) -ldnnl $(MPI_LIBS) -lz -lm -o $@

# The kernels of another machine: this one runs them under qemu.
NEON_TEST := $(if $(filter x86_64,$(ARCH)),build/aarch64/test_kernels)
build/aarch64/test_kernels: tests/native/test_kernels.c native/degrade/random.c native/kernels/kernels.c native/kernels/kernels_ref.c $(KERNEL_SRC_aarch64)
	@mkdir -p $(@D)
	@echo "  $(@:build/%=%)"
	@aarch64-linux-gnu-gcc $(CSTD) $(WARN) -O2 -ffp-contract=off -static -Inative -Itests/native -MMD -MP $(filter %.c,$^) -lm -o $@

$(B)/tests/test_memory: LDFLAGS += -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=free

-include wasm/build.mk

-include $(shell find $(B) -name '*.d' 2>/dev/null)
