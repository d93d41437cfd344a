package memory

import (
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/mqtest"
)

func open(t *testing.T) mq.Broker {
	t.Helper()
	b, err := New(Config{MaxPayload: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestConformance(t *testing.T) { mqtest.Run(t, mqtest.Engine{Open: open}) }
