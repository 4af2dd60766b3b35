/** How long a function knows the silences of a cluster before it reads them again. Milliseconds. */
export const SILENCES_KNOWN_FOR_MS = 5_000
