// This file is as far from the folder in the sources as in the package, where it is part of a bundle in lib/.

/** The style and the scripts of the console. The package has those of htmx there too. */
export const ASSETS_FOLDER = new URL('../console/assets/', import.meta.url)

/** Where htmx is in the sources: as npm installed it. */
export const HTMX_FOLDER = new URL('../node_modules/htmx.org/dist/', import.meta.url)

/** The files of htmx that the console serves: by its name in the package, where it is in that of htmx. */
export const HTMX_FILES: Readonly<Record<string, string>> = {
  'htmx.min.js': 'htmx.min.js',
  'hx-sse.min.js': 'ext/hx-sse.min.js',
}
