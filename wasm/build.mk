# The inference core as WebAssembly: the same sources as the native library, once with fixed-width SIMD and once without.
#
# Debian's Emscripten 3.1.6 brings the C library and drives the link. Where clang-19 is installed it compiles: its SIMD code is
# clearly faster than that of Emscripten's own LLVM 14 (see native/BENCHMARKS.md); without it the build works all the same.
WASM := $(B)/wasm
EMSCRIPTEN_CONFIG := /usr/share/emscripten/.emscripten
LLVM_19 := $(wildcard /usr/lib/llvm-19/bin/clang)
EMCC := EM_CONFIG=$(abspath $(WASM)/emscripten.cfg) NODE_PATH=/usr/share/nodejs EMCC_SKIP_SANITY_CHECK=1 emcc
WASM_CFLAGS := $(CSTD) $(filter-out -Wpedantic,$(WARN)) -O3 -ffp-contract=off -Inative -I$(WASM)/include -MMD -MP
# While a JPEG of 100 megapixels is read, its planes, its pixels and the file are in memory.
WASM_LDFLAGS := -O1 --no-entry -sSTANDALONE_WASM -sMALLOC=emmalloc -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=2048MB \
	-sINITIAL_MEMORY=8MB -sTOTAL_STACK=256KB -sWASM_BIGINT -sFILESYSTEM=0 --js-library wasm/imports.js
WASM_PICTURE_SRC := wasm/picture_exports.c $(patsubst %,native/picture/%.c,picture picture_read picture_write format crc32 stb)
WASM_SRC := wasm/exports.c $(WASM_PICTURE_SRC) $(CORE_SRC) native/kernels/kernels.c native/kernels/kernels_ref.c
WASM_SIMD_SRC := $(WASM_SRC) native/kernels/kernels_wasm_simd.c
wasm_objects = $(patsubst %.c,$(WASM)/$(1)/%.o,$(2))

$(WASM)/emscripten.cfg: $(EMSCRIPTEN_CONFIG)
	@mkdir -p $(@D)
	sed $(if $(LLVM_19),-e "s#^LLVM_ROOT.*#LLVM_ROOT = '/usr/lib/llvm-19/bin'#" -e '/_ADD_VERSION/d') $< > $@

# stb's headers, and none of the machine's other ones.
$(WASM)/include/stb: /usr/include/stb
	@mkdir -p $(@D)
	@ln -sfn $< $@

$(WASM)/simd/%.o: %.c | $(WASM)/emscripten.cfg $(WASM)/include/stb
	@mkdir -p $(@D)
	@echo "  $(@:$(B)/%=%)"
	@$(EMCC) $(WASM_CFLAGS) -msimd128 -c $< -o $@

$(WASM)/scalar/%.o: %.c | $(WASM)/emscripten.cfg $(WASM)/include/stb
	@mkdir -p $(@D)
	@echo "  $(@:$(B)/%=%)"
	@$(EMCC) $(WASM_CFLAGS) -c $< -o $@

$(WASM)/deblur-simd.wasm: $(call wasm_objects,simd,$(WASM_SIMD_SRC))
	@echo "  $(@:$(B)/%=%)"
	@$(EMCC) $^ -msimd128 $(WASM_LDFLAGS) -o $@

$(WASM)/deblur-scalar.wasm: $(call wasm_objects,scalar,$(WASM_SRC))
	@echo "  $(@:$(B)/%=%)"
	@$(EMCC) $^ $(WASM_LDFLAGS) -o $@

# A link that fails leaves a module that looks whole.
.DELETE_ON_ERROR:

.PHONY: wasm
wasm: $(WASM)/deblur-simd.wasm $(WASM)/deblur-scalar.wasm ## the inference core as WebAssembly, with and without SIMD

# The kernel test as WebAssembly, for node.
$(WASM)/test_kernels.cjs: $(call wasm_objects,simd,tests/native/test_kernels.c native/degrade/random.c native/kernels/kernels.c \
	native/kernels/kernels_ref.c native/kernels/kernels_wasm_simd.c)
	@echo "  $(@:$(B)/%=%)"
	@$(EMCC) $^ -msimd128 -O1 -sWASM_BIGINT -sALLOW_MEMORY_GROWTH -sENVIRONMENT=node -sSINGLE_FILE -o $@

$(WASM)/simd/tests/native/%.o: WASM_CFLAGS += -Itests/native

# An assertion would bring all of stdio with it; -O3 a third more bytes, for a decoder that takes 0.14 instead of 0.21 s for 12 megapixels.
$(WASM)/simd/native/picture/stb.o $(WASM)/scalar/native/picture/stb.o: WASM_CFLAGS += -DNDEBUG -Os

# Exports have their callers in JavaScript, so no header declares them.
$(foreach build,simd scalar,$(WASM)/$(build)/wasm/exports.o $(WASM)/$(build)/wasm/picture_exports.o): WASM_CFLAGS += -Wno-missing-prototypes

# ---- the page: everything that a static host has to serve ----
WEB := $(B)/web
WEB_FILES := $(patsubst web/%,$(WEB)/%,$(wildcard web/*.html web/*.webmanifest web/*.css web/*.svg web/page.js web/lib/*.js web/lib/messages/*.js))
WEB_MODEL ?= weights/student.dbm

$(WEB)/%: web/%
	@mkdir -p $(@D)
	@cp $< $@

$(WEB)/lib/%.wasm: $(WASM)/%.wasm
	@mkdir -p $(@D)
	@cp $< $@

$(WEB)/weights/student.dbm: $(WEB_MODEL)
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
$(WEB)/lib/fflate/browser.js: node_modules/fflate/esm/browser.js
	@mkdir -p $(@D)
	@cp $< node_modules/fflate/LICENSE $(@D)

# Declarations for those who import the library, from its JSDoc.
$(WEB)/lib/deblur.d.ts: $(wildcard web/lib/*.js) tsconfig.json
	@mkdir -p $(@D)
	@echo "  web/lib/*.d.ts"
	@npx tsc -p tsconfig.json --noEmit false --declaration --emitDeclarationOnly --outDir $(WASM)/types
	@cp $(WASM)/types/web/lib/*.d.ts $(WEB)/lib/

WEB_ALL := $(WEB_FILES) $(WEB)/lib/deblur-simd.wasm $(WEB)/lib/deblur-scalar.wasm $(WEB)/weights/student.dbm $(WEB)/sample.png \
	$(WEB)/icon-192.png $(WEB)/icon-512.png $(WEB)/lib/fflate/browser.js $(WEB)/lib/deblur.d.ts

# It knows all the others.
$(WEB)/service-worker.js: web/service-worker.js scripts/write-service-worker.js $(WEB_ALL)
	@echo "  web/service-worker.js"
	@node scripts/write-service-worker.js $< $(WEB) $(WEB_ALL)

.PHONY: web
web: $(WEB)/service-worker.js ## the page, ready to be served

.PHONY: screenshots
screenshots: setup ## pictures of the page in all its states, into build/screenshots
	@$(MAKE) --no-print-directory web
	@node scripts/screenshots.js $(B)/screenshots

# The benchmark as WebAssembly, for node.
$(WASM)/bench.cjs: $(call wasm_objects,simd,native/tools/bench.c $(filter-out wasm/% $(WASM_PICTURE_SRC),$(WASM_SIMD_SRC)))
	@echo "  $(@:$(B)/%=%)"
	@$(EMCC) $^ -msimd128 -O1 -sWASM_BIGINT -sALLOW_MEMORY_GROWTH -sMAXIMUM_MEMORY=1024MB -sENVIRONMENT=node -sSINGLE_FILE -o $@
