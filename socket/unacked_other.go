//go:build !linux

package socket

import (
	"net"
	"time"
)

func boundUnacked(net.Conn, time.Duration) {}
