import { z } from 'zod'
import { parseTimeMs } from '../../model/time.ts'

/** A time in a body: https://www.rfc-editor.org/rfc/rfc3339#section-5.6 */
export const Rfc3339 = z
  .string()
  .refine((text) => parseTimeMs(text) !== undefined, 'expected an RFC 3339 time')
  .meta({ format: 'date-time' })
