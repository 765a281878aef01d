# The inference core as WebAssembly: the same sources as the native library, with relaxed SIMD, with fixed-width SIMD, and without.
#
# Debian's Emscripten 3.1.6 brings the C library and drives the link. Where clang-19 is installed it compiles: its SIMD code is
# clearly faster than that of Emscripten's own LLVM 14 (see native/BENCHMARKS.md); without it the build works all the same.
WASM := $(B)/wasm
EMSCRIPTEN_CONFIG := /usr/share/emscripten/.emscripten
LLVM_19 := $(wildcard /usr/lib/llvm-19/bin/clang)
EMCC := EM_CONFIG=$(abspath $(WASM)/emscripten.cfg) NODE_PATH=/usr/share/nodejs EMCC_SKIP_SANITY_CHECK=1 emcc
WASM_CFLAGS := $(CSTD) $(filter-out -Wpedantic,$(WARN)) -O3 -ffp-contract=off -Inative -I$(WASM)/include -MMD -MP
# While a JPEG of 100 megapixels is read, its planes, its pixels and the file are in memory. Memory grows by no more than is asked for.
WASM_LDFLAGS := -O1 --no-entry -sSTANDALONE_WASM -sALLOW_MEMORY_GROWTH -sMEMORY_GROWTH_LINEAR_STEP=1MB -sMAXIMUM_MEMORY=2048MB \
	-sINITIAL_MEMORY=8MB -sTOTAL_STACK=256KB -sWASM_BIGINT -sFILESYSTEM=0 --js-library wasm/imports.js
WASM_CORE_SRC := $(CORE_SRC) native/kernels/kernels.c native/kernels/kernels_ref.c
WASM_PICTURE_SRC := wasm/picture_exports.c $(patsubst %,native/picture/%.c,picture picture_read picture_write format crc32 stb)
WASM_SRC := wasm/exports.c $(WASM_PICTURE_SRC) $(WASM_CORE_SRC)
wasm_objects = $(patsubst %.c,$(WASM)/$(1)/%.o,$(2))

# Three modules of one source; the page chooses by what the engine validates (web/lib/wasm.js). Emscripten's own LLVM 14 cannot encode
# relaxed SIMD as engines have it now: without clang-19 the relaxed module has the instructions of the plain one.
WASM_VARIANTS := scalar simd relaxed
WASM_FLAGS_simd := -msimd128 -mbulk-memory
WASM_FLAGS_relaxed := -msimd128 -mbulk-memory $(if $(LLVM_19),-mrelaxed-simd)
WASM_KERNELS_simd := native/kernels/kernels_wasm_simd.c
WASM_KERNELS_relaxed := $(WASM_KERNELS_simd)
WASM_MODULES := $(WASM_VARIANTS:%=$(WASM)/deblur-%.wasm)

$(WASM)/emscripten.cfg: $(EMSCRIPTEN_CONFIG)
	@mkdir -p $(@D)
	sed $(if $(LLVM_19),-e "s#^LLVM_ROOT.*#LLVM_ROOT = '/usr/lib/llvm-19/bin'#" -e '/_ADD_VERSION/d') $< > $@

# stb's headers, and none of the machine's other ones.
$(WASM)/include/stb: /usr/include/stb
	@mkdir -p $(@D)
	@ln -sfn $< $@

define wasm_variant
$$(WASM)/$(1)/%.o: %.c | $$(WASM)/emscripten.cfg $$(WASM)/include/stb
	@mkdir -p $$(@D)
	@echo "  $$(@:$$(B)/%=%)"
	@$$(EMCC) $$(WASM_CFLAGS) $$(WASM_FLAGS_$(1)) -c $$< -o $$@

$$(WASM)/deblur-$(1).wasm: $$(call wasm_objects,$(1),$$(WASM_SRC) $$(WASM_KERNELS_$(1)))
	@echo "  $$(@:$$(B)/%=%)"
	@$$(EMCC) $$^ $$(WASM_FLAGS_$(1)) $$(WASM_LDFLAGS) -o $$@

# The kernel test, for node and for browsers; and the benchmark.
$$(WASM)/test_kernels-$(1).cjs: $$(call wasm_objects,$(1),tests/native/test_kernels.c native/degrade/random.c native/kernels/kernels.c \
	native/kernels/kernels_ref.c $$(WASM_KERNELS_$(1)))
	@echo "  $$(@:$$(B)/%=%)"
	@$$(EMCC) $$^ $$(WASM_FLAGS_$(1)) $$(WASM_PROGRAM) -o $$@

$$(WASM)/bench-$(1).cjs: $$(call wasm_objects,$(1),native/tools/bench.c $$(WASM_CORE_SRC) $$(WASM_KERNELS_$(1)))
	@echo "  $$(@:$$(B)/%=%)"
	@$$(EMCC) $$^ $$(WASM_FLAGS_$(1)) $$(WASM_PROGRAM) -o $$@

$$(WASM)/$(1)/tests/native/%.o: WASM_CFLAGS += -Itests/native

# Exports have their callers in JavaScript, so no header declares them.
$$(WASM)/$(1)/wasm/exports.o $$(WASM)/$(1)/wasm/picture_exports.o: WASM_CFLAGS += -Wno-missing-prototypes

# An assertion would bring all of stdio with it; -O3 a third more bytes, for a decoder that takes 0.14 instead of 0.21 s for 12 megapixels.
$$(WASM)/$(1)/native/picture/stb.o: WASM_CFLAGS += -DNDEBUG -Os
endef
# A program in one file, for node and for a page: `var Module = { print }` before it hears what it says.
WASM_PROGRAM := -O1 -sWASM_BIGINT -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=1024MB -sENVIRONMENT=web,node -sSINGLE_FILE -sEXIT_RUNTIME
$(foreach variant,$(WASM_VARIANTS),$(eval $(call wasm_variant,$(variant))))

# A link that fails leaves a module that looks whole.
.DELETE_ON_ERROR:

.PHONY: wasm
wasm: $(WASM_MODULES) ## the inference core as WebAssembly: with relaxed SIMD, with SIMD, without

# ---- the page: everything that a static host has to serve ----
WEB := $(B)/web
WEB_FILES := $(patsubst web/%,$(WEB)/%,$(wildcard web/*.html web/*.webmanifest web/*.css web/*.svg web/lib/messages/*.js))
WEB_MODEL ?= weights/student.dbm

$(WEB)/%: web/%
	@mkdir -p $(@D)
	@cp $< $@

MINIFY := node_modules/.bin/esbuild --minify --target=es2022 --legal-comments=inline --log-level=warning
define minify
	@mkdir -p $(@D)
	@$(MINIFY) --format=esm $< --outfile=$@
endef
$(WEB)/%.js: web/%.js package-lock.json
	$(minify)

# What others import keeps its address; the many modules behind it become the few files that they share, since every file is a
# question to the server before anything is to be seen. A catalogue, and what makes zips, come when they are asked for.
ENTRIES := page.js lib/deblur-image.js lib/deblur.js lib/worker.js
$(ENTRIES:%=$(WEB)/%) &: $(wildcard web/page.js web/lib/*.js) package-lock.json
	@mkdir -p $(WEB)/lib
	@rm -f $(WEB)/*.js $(WEB)/lib/*.js
	@echo "  web/lib/*.js"
	@$(MINIFY) --bundle --splitting --format=esm --outbase=web --outdir=$(WEB) --chunk-names=lib/[name]-[hash] \
		--external:./fflate/browser.js '--external:./messages/*' $(ENTRIES:%=web/%)
	@sed -i '/^\/\* [^*]* \*\/$$/d' $(WEB)/lib/deblur-image.js # a style sheet is text to esbuild: its comments stay, for nobody

$(WEB)/lib/%.wasm: $(WASM)/%.wasm
	@mkdir -p $(@D)
	@cp $< $@

$(WEB)/weights/student.dbm: $(WEB_MODEL)
	@mkdir -p $(@D)
	@cp $< $@

$(WEB)/weights/student-fast.dbm: weights/student-fast.dbm
	@mkdir -p $(@D)
	@cp $< $@

$(WEB)/sample.png: scripts/draw-sample.js scripts/png.js
	@mkdir -p $(@D)
	@echo "  web/sample.png"
	@node scripts/draw-sample.js $@

$(WEB)/icon-%.png: scripts/draw-icon.js scripts/png.js
	@mkdir -p $(@D)
	@node scripts/draw-icon.js $@ $*

# fflate makes the zips (MIT); its browser build is one module.
$(WEB)/lib/fflate/browser.js: node_modules/fflate/esm/browser.js package-lock.json
	@mkdir -p $(@D)
	@cp node_modules/fflate/LICENSE $(@D)
	$(minify)

# Declarations for those who import the library, from its JSDoc.
$(WEB)/lib/deblur.d.ts: $(wildcard web/lib/*.js) tsconfig.json
	@mkdir -p $(@D)
	@echo "  web/lib/*.d.ts"
	@npx tsc -p tsconfig.json --noEmit false --declaration --emitDeclarationOnly --outDir $(WASM)/types
	@cp $(WASM)/types/web/lib/*.d.ts $(WEB)/lib/

WEB_ALL := $(WEB_FILES) $(ENTRIES:%=$(WEB)/%) $(WASM_VARIANTS:%=$(WEB)/lib/deblur-%.wasm) $(WEB)/weights/student.dbm $(WEB)/weights/student-fast.dbm $(WEB)/sample.png \
	$(WEB)/icon-192.png $(WEB)/icon-512.png $(WEB)/lib/fflate/browser.js $(WEB)/lib/deblur.d.ts

$(WASM)/service-worker.js: web/service-worker.js package-lock.json
	$(minify)

# It knows all the others.
$(WEB)/service-worker.js: $(WASM)/service-worker.js scripts/write-service-worker.js $(WEB_ALL)
	@echo "  web/service-worker.js"
	@node scripts/write-service-worker.js $< $(WEB) $(WEB_ALL) $(WEB)/lib/chunk-*.js

.PHONY: web
web: $(WEB)/service-worker.js ## the page, ready to be served

.PHONY: screenshots
screenshots: setup ## pictures of the page in all its states, into build/screenshots
	@$(MAKE) --no-print-directory web
	@node scripts/screenshots.js $(B)/screenshots
