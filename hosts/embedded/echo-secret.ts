/**
 * The Secret by which a Provider posts to the relay's own echo sink: see examples/quickstart. The relay provides
 * it in every namespace of the cluster of its manifests folder.
 */
export const ECHO_SECRET = 'flux-relay-echo'
