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

ARCH := $(shell uname -m)
CORE_SRC := $(wildcard native/core/*.c)
KERNEL_SRC := native/kernels/kernels.c native/kernels/kernels_ref.c
ifeq ($(ARCH),x86_64)
KERNEL_SRC += native/kernels/kernels_avx2.c
endif
PICTURE_SRC := $(wildcard native/picture/*.c)
TRAIN_SRC := $(wildcard native/train/*.c)
DEBLUR_SRC := native/tools/deblur.c native/tools/options.c native/tools/common.c $(wildcard native/tools/command_*.c)
TRAINER_SRC := native/tools/deblur_train.c native/tools/options.c $(wildcard native/tools/train_*.c)
TEST_SRC := $(wildcard tests/native/test_*.c) tests/native/make_test_model.c

object = $(patsubst native/%.c,$(B)/obj/%.o,$(1))
CORE_OBJ := $(call object,$(CORE_SRC) $(KERNEL_SRC))
PICTURE_OBJ := $(call object,$(PICTURE_SRC))
TRAIN_OBJ := $(call object,$(TRAIN_SRC))
TESTS := $(patsubst tests/native/%.c,$(B)/tests/%,$(TEST_SRC))

.PHONY: help all native
help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

all: native ## everything: the programs, the trainer, the native tests

native: $(B)/deblur $(B)/deblur-train $(TESTS) ## the native programs and their tests

$(B)/obj/kernels/kernels_avx2.o: CFLAGS += -mavx2 -mfma
$(B)/obj/train/%.o $(B)/obj/tools/train_%.o: CFLAGS += -fopenmp

$(B)/obj/%.o: native/%.c
	@mkdir -p $(@D)
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(CFLAGS) -c $< -o $@

$(B)/libdeblur.a: $(CORE_OBJ)
	@echo "  $(@:$(B)/%=%)"
	@$(AR) rcs $@ $^

$(B)/deblur: $(call object,$(DEBLUR_SRC)) $(PICTURE_OBJ) $(B)/libdeblur.a
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(LDFLAGS) $^ -lz -lm -o $@

$(B)/deblur-train: $(call object,$(TRAINER_SRC)) $(TRAIN_OBJ) $(PICTURE_OBJ) $(B)/libdeblur.a
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(LDFLAGS) -fopenmp $^ -ldnnl -lz -lm -o $@

# Tests of the trainer need oneDNN, the others link it without using it.
$(B)/tests/%: tests/native/%.c $(TRAIN_OBJ) $(PICTURE_OBJ) $(B)/libdeblur.a
	@mkdir -p $(@D)
	@echo "  $(@:$(B)/%=%)"
	@$(CC) $(CFLAGS) -Itests/native $(LDFLAGS) -fopenmp $^ -ldnnl -lz -lm -o $@

-include wasm/build.mk

-include $(shell find $(B) -name '*.d' 2>/dev/null)
