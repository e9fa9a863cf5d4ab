// The JavaScript engine of the sandbox: QuickJS as a WebAssembly module, loaded when a config first names a scripting transform,
// one a process (or thread).
//
// Law: guest code runs on its own heap; of the host it gets one function, which takes a text and answers a text.
import type { QuickJSRuntime, QuickJSWASMModule } from 'quickjs-emscripten-core';
import { TributaryError } from '../../../core/errors.ts';

/** Pages of 64 KiB. All sandboxes of a process share 128 MiB: the interpreter’s own limit counts pieces, not bytes. */
const PAGES_FIRST = 256;
const PAGES_MAX = 2048;

/** The part of the global that the language's own library of types leaves out. */
interface WithWebAssembly {
  readonly WebAssembly: { Memory: new (size: { initial: number; maximum: number }) => never };
}

/** Something in the engine's memory. */
export interface Disposable {
  dispose(): void;
}

export class ScriptEngine {
  #module: QuickJSWASMModule | null = null;
  #loading: Promise<void> | null = null;
  /** Guests whose owners are gone give their memory back: transforms have no end of life of their own. */
  readonly #unused = new FinalizationRegistry((guest: Disposable) => this.dispose(guest));

  /** Loads the engine; at once when it is there. */
  prepare(): Promise<void> {
    this.#loading ??= this.#load().catch((error: unknown) => {
      this.#loading = null;
      throw error;
    });
    return this.#loading;
  }

  /** A runtime with a heap of its own; whoever takes it gives it back, by `dispose` or `disposeWith`. */
  runtime(): QuickJSRuntime {
    if (this.#module === null) {
      throw new TributaryError('TRIB_DATA_TRANSFORM', 'fatal', {
        what: 'The script engine is not loaded.',
        fix: 'A chain that is compiled by a plugin must be prepared first (prepareChain).',
      });
    }
    return this.#module.newRuntime();
  }

  /** Disposes of the guest when `owner` is collected. The guest must not hold its owner. */
  disposeWith(owner: object, guest: Disposable): void {
    this.#unused.register(owner, guest, guest);
  }

  /** Disposes of the guest now. */
  dispose(guest: Disposable): void {
    this.#unused.unregister(guest);
    try {
      guest.dispose();
    } catch {
      // What cannot be taken apart aborts the module, which is then not used for anything new.
      this.broken();
    }
  }

  /** The module has aborted: nothing in it can be trusted any more. The next `prepare` loads another. */
  broken(): void {
    this.#module = null;
    this.#loading = null;
  }

  async #load(): Promise<void> {
    const [{ newQuickJSWASMModuleFromVariant, newVariant }, variant] = await Promise.all([
      import('quickjs-emscripten-core'),
      import('@jitl/quickjs-singlefile-cjs-release-sync'),
    ]);
    this.#module = await newQuickJSWASMModuleFromVariant(
      newVariant(variant.default.default, {
        wasmMemory: new (globalThis as unknown as WithWebAssembly).WebAssembly.Memory({
          initial: PAGES_FIRST,
          maximum: PAGES_MAX,
        }),
      }),
    );
  }
}
