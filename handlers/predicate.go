package handlers

import (
	"net/http"
	"strings"
)

// isUpgrade tells whether a request wants to become a WebSocket: a GET with websocket among the tokens of Upgrade
// (RFC 6455, 4.1), or an extended CONNECT for that protocol (RFC 8441, 4). Whether the rest of the handshake is right is
// for the handshake service to say, which has a better answer than 404.
func isUpgrade(r *http.Request) bool {
	switch r.Method {
	case http.MethodGet:
		for _, line := range r.Header["Upgrade"] {
			for token := range strings.SplitSeq(line, ",") {
				if strings.EqualFold(strings.Trim(token, " \t"), "websocket") {
					return true
				}
			}
		}
	case http.MethodConnect:
		return r.Header.Get(":protocol") == "websocket"
	}
	return false
}
