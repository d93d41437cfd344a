package jetstream

import (
	"sync"
	"testing"

	"github.com/fluxsocket/fluxsocket/mq"
	"github.com/fluxsocket/fluxsocket/mq/mqtest"
)

func TestConformance(t *testing.T) {
	var dirs sync.Map // of the store directories, by broker
	open := func(t *testing.T, dir string) mq.Broker {
		b, err := Open(testContext(t), Config{StoreDir: dir})
		if err != nil {
			t.Fatal(err)
		}
		dirs.Store(b, dir)
		return b
	}
	mqtest.Run(t, mqtest.Engine{
		Open: func(t *testing.T) mq.Broker { return open(t, t.TempDir()) },
		Reopen: func(t *testing.T, b mq.Broker) mq.Broker {
			t.Helper()
			closeBroker(t, b.(*Broker))
			dir, _ := dirs.Load(b)
			return open(t, dir.(string))
		},
	})
}
