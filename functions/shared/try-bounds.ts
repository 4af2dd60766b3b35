/**
 * How long one try may take. The first tries of a cluster whose hosts hang occupy functions that
 * all clusters share. A later try has to end before its function does, which has 60 s.
 */
export const TRY_LIMITS = { firstTryMs: 15_000, laterTryMs: 50_000 } as const

/** The bounds of a try, for judging Providers. */
export const TRY_BOUNDS = { where: 'on AWS', ...TRY_LIMITS } as const
