package eventloop

// avoidance is for how long a loop makes no calls itself, because one of them has held it up: each of those that may be about
// to do the same would do so until it is found stuck. It lasts for the rest of the round. Each time that happens again it lasts
// about twice as long, and each round that goes well halves that.
type avoidance struct {
	rounds  int // that are left
	penalty int // for the next time
}

// maxPenalty bounds for how many rounds a loop calls nobody itself, though nobody may hold it up any more.
const maxPenalty = 256

func (a *avoidance) foundStuck() {
	a.rounds = 1 + a.penalty
	a.penalty = min(2*a.penalty+1, maxPenalty)
}

func (a *avoidance) roundOver() {
	if a.rounds > 0 {
		a.rounds--
	} else {
		a.penalty /= 2
	}
}
