"""The players of the rehearsal: scripts that use the site over HTTP only, as browsers and clients do."""
