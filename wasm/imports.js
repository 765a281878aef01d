// For Emscripten's linker only: the names that exports.c may leave undefined, since web/lib/wasm.js brings them.
mergeInto(LibraryManager.library, { progress: () => {} });
