//go:build !linux

package socket

import "net"

type loopGroup struct{}

func (e *EventLoops) newLink(net.Conn, *calls) link { return nil }
