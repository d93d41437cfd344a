package eventloop

import "testing"

// TestAvoidance: trouble that goes on is avoided for longer and longer, up to a bound, and forgotten when it is over.
func TestAvoidance(t *testing.T) {
	var a avoidance
	for _, want := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 257, 257} {
		a.foundStuck()
		if a.rounds != want {
			t.Errorf("got %d rounds, want %d", a.rounds, want)
		}
		for a.rounds > 0 {
			a.roundOver()
		}
	}
	for range 8 { // rounds that go well
		a.roundOver()
	}
	a.foundStuck()
	if a.rounds != 2 {
		t.Errorf("got %d rounds after 8 that went well, want 2", a.rounds)
	}
}
