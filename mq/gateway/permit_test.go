package gateway

import (
	"errors"
	"testing"

	"github.com/fluxsocket/fluxsocket/reactive"
)

// A permit is turned into demand or ends the socket; it is never lost.
func TestPermitIsNotLost(t *testing.T) {
	c := &consumer{permits: reactive.NewUnicast[int64](1)} // nobody listens
	if _, err := c.permit(1).Block(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := c.permit(1).Block(t.Context()); !errors.Is(err, reactive.ErrOverflow) {
		t.Errorf("got %v, want %v", err, reactive.ErrOverflow)
	}
}
