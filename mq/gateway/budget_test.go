package gateway

import "testing"

// One request after the other is let in as long as there is room, and the one that goes beyond it closes the door.
func TestBudget(t *testing.T) {
	b := budget{most: 10, grant: 1}
	for i, step := range []struct{ n, grant, held int64 }{
		{4, 1, 4},
		{5, 1, 9},
		{30, 0, 39},
		{-4, 0, 35},
		{-5, 0, 30},
		{-30, 1, 0},
		{10, 0, 10},
		{-10, 1, 0},
		{1, 1, 1},
		{-1, 0, 0},
	} {
		if b = b.add(step.n); b.grant != step.grant || b.held != step.held {
			t.Fatalf("event %d, %d bytes: got %+v, want grant %d with %d held", i, step.n, b, step.grant, step.held)
		}
	}
}
