import { z } from 'zod'

/**
 * The relay's annotations that a type reads from its Provider, without their prefix: the keys of
 * the object `annotations` in its settings.
 */
export function annotationNames(settings: z.ZodType): ReadonlySet<string> {
  const object = settings instanceof z.ZodPipe ? settings.in : settings
  const annotations: unknown = object instanceof z.ZodObject ? object.shape.annotations : undefined
  return new Set(annotations instanceof z.ZodObject ? Object.keys(annotations.shape) : [])
}
