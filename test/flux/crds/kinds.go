// Package crds names what the definitions of Alert and Provider are made of; see `definitions.ts`.
package crds

import _ "github.com/fluxcd/notification-controller/api/v1beta3"
