package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"github.com/fluxsocket/fluxsocket/mq"
)

// topic is what this process knows of a topic; it is one stream.
type topic struct {
	name       mq.TopicName
	stream     string
	subjects   subjects
	ledger     int64
	terminated atomic.Bool

	creating sync.Mutex // serialises the creation of subscriptions

	mu            sync.Mutex
	closed        bool
	producers     map[string]*producer     // by name
	subscriptions map[string]*subscription // by name
}

// id returns the id of the message that the stream has under a sequence.
func (t *topic) id(seq uint64) mq.MessageID { return mq.NewMessageID(t.ledger, int64(seq)) }

// seq is the inverse of id. An id of another topic, or of an earlier topic of this name, is refused: what it names
// here is a stranger's message. So is one with a partition or a place in a batch, which no message here has.
func (t *topic) seq(op string, id mq.MessageID) (uint64, error) {
	if id.Entry < 1 || id.Key() != mq.NewMessageID(t.ledger, id.Entry) {
		return 0, &mq.Error{Op: op, Topic: t.name.String(), Err: fmt.Errorf("%w: %v is no id of this topic", mq.ErrInvalid, id)}
	}
	return uint64(id.Entry), nil
}

// opening is a topic that is being looked up or made; everybody who wants it waits for the same answer. It does not
// end with the context of the one who came first.
type opening struct {
	done chan struct{}
	t    *topic
	err  error
}

// openTimeout bounds the work of an opening, whose callers come and go.
const openTimeout = 30 * time.Second

// openTopic returns the topic, from memory, from the store or, if create is set, newly made.
func (b *Broker) openTopic(ctx context.Context, name mq.TopicName, create bool) (*topic, error) {
	if !name.Persistent {
		return nil, &mq.Error{
			Op: "open topic", Topic: name.String(),
			Err: fmt.Errorf("%w: non-persistent topics", mq.ErrUnsupported),
		}
	}
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil, closedError("open topic", name)
	}
	if t := b.topics[name]; t != nil {
		b.mu.Unlock()
		return t, nil
	}
	o := b.openings[name]
	if o == nil {
		o = &opening{done: make(chan struct{})}
		b.openings[name] = o
		b.work.Add(1)
		go func() {
			defer b.work.Done()
			b.load(b.ctx, name, create, o)
		}()
	}
	b.mu.Unlock()
	select {
	case <-o.done:
	case <-ctx.Done():
		return nil, &mq.Error{Op: "open topic", Topic: name.String(), Err: context.Cause(ctx)}
	}
	if create && errors.Is(o.err, mq.ErrTopicNotFound) { // the opening was somebody's who did not want to create
		return b.openTopic(ctx, name, true)
	}
	return o.t, o.err
}

func (b *Broker) load(ctx context.Context, name mq.TopicName, create bool, o *opening) {
	ctx, cancel := context.WithTimeout(ctx, openTimeout)
	defer cancel()
	t, err := b.findTopic(ctx, name, create)
	o.t, o.err = t, failed("open topic", name, err)
	b.mu.Lock()
	delete(b.openings, name)
	if err == nil {
		b.topics[name] = t
	}
	b.mu.Unlock()
	close(o.done)
}

func (b *Broker) findTopic(ctx context.Context, name mq.TopicName, create bool) (*topic, error) {
	t := &topic{
		name: name, stream: streamName(name), subjects: subjectsOf(name),
		producers: make(map[string]*producer), subscriptions: make(map[string]*subscription),
	}
	s, err := b.js.Stream(ctx, t.stream)
	if errors.Is(err, natsjs.ErrStreamNotFound) {
		if !create {
			return nil, mq.ErrTopicNotFound
		}
		s, err = b.createStream(ctx, t)
	}
	if err != nil {
		return nil, err
	}
	meta := s.CachedInfo().Config.Metadata
	if meta[metaTopic] != name.String() {
		return nil, fmt.Errorf("%w: stream %s is not ours: it is of topic %q", mq.ErrUnavailable, t.stream, meta[metaTopic])
	}
	if t.ledger, err = strconv.ParseInt(meta[metaLedger], 10, 64); err != nil {
		return nil, fmt.Errorf("%w: stream %s: incarnation: %w", mq.ErrUnavailable, t.stream, err)
	}
	t.terminated.Store(meta[metaTerminated] != "")
	return t, nil
}

// createStream makes the stream of a new topic, within the limit.
func (b *Broker) createStream(ctx context.Context, t *topic) (natsjs.Stream, error) {
	b.creating.Lock()
	defer b.creating.Unlock()
	if b.streams >= b.config.MaxTopics {
		return nil, &mq.Error{
			Op: "create topic", Topic: t.name.String(),
			Hint: "raise MaxTopics (--max-topics), if there is memory for it, or use fewer topics",
			Err:  fmt.Errorf("%w: there are %d", mq.ErrTooManyTopics, b.streams),
		}
	}
	b.ledger = max(b.ledger+1, time.Now().UnixMilli()) // no two topics have the same, however quickly they are made
	s, err := b.js.CreateStream(ctx, t.config(b.ledger))
	if err == nil {
		b.streams++
	}
	return s, err
}

// config is the configuration of the topic's stream. What the server does not let change later is set from the start.
func (t *topic) config(ledger int64) natsjs.StreamConfig {
	return natsjs.StreamConfig{
		Name:              t.stream,
		Subjects:          []string{t.subjects.all},
		Storage:           natsjs.FileStorage,
		Retention:         natsjs.LimitsPolicy,
		Discard:           natsjs.DiscardOld,
		MaxConsumers:      -1,
		MaxMsgs:           -1,
		MaxBytes:          -1,
		MaxMsgsPerSubject: -1,
		Replicas:          1,
		AllowDirect:       true,
		AllowMsgSchedules: true,
		Metadata: map[string]string{
			metaTopic:  t.name.String(),
			metaLedger: strconv.FormatInt(ledger, 10),
		},
	}
}

// terminate takes the stream's subject away, so that the server itself refuses what is published later. Sealing the
// stream would do that too, but forbids to trim it.
func (b *Broker) terminate(ctx context.Context, t *topic) (mq.MessageID, error) {
	s, err := b.js.Stream(ctx, t.stream)
	if err != nil {
		return mq.MessageID{}, err
	}
	c := s.CachedInfo().Config
	if c.Metadata[metaTerminated] == "" {
		c.Subjects = []string{t.subjects.ended}
		c.Metadata[metaTerminated] = time.Now().UTC().Format(time.RFC3339Nano)
		if _, err := b.js.UpdateStream(ctx, c); err != nil {
			return mq.MessageID{}, err
		}
	}
	t.terminated.Store(true)
	last, err := b.lastMessage(ctx, t)
	if err != nil || last == 0 {
		return mq.Earliest, err
	}
	return t.id(last), nil
}

// lastMessage returns the sequence of the topic's last message, 0 if there is none.
func (b *Broker) lastMessage(ctx context.Context, t *topic) (uint64, error) {
	s, err := b.js.Stream(ctx, t.stream)
	if err != nil {
		return 0, err
	}
	m, err := s.GetLastMsgForSubject(ctx, t.subjects.messages)
	switch {
	case errors.Is(err, natsjs.ErrMsgNotFound):
		return 0, nil
	case err != nil:
		return 0, err
	}
	return m.Sequence, nil
}

// hasDelayed tells whether delayed messages wait for their time. They come even if the topic was terminated meanwhile.
func (b *Broker) hasDelayed(ctx context.Context, t *topic) (bool, error) {
	s, err := b.js.Stream(ctx, t.stream)
	if err != nil {
		return false, err
	}
	_, err = s.GetMsg(ctx, 1, natsjs.WithGetMsgSubject(t.subjects.delayed+"*"))
	if errors.Is(err, natsjs.ErrMsgNotFound) {
		return false, nil
	}
	return err == nil, err
}

// close ends what is open on the topic, when the engine stops.
func (t *topic) close(ctx context.Context) error {
	t.mu.Lock()
	t.closed = true
	producers := slices.Collect(maps.Values(t.producers))
	subscriptions := slices.Collect(maps.Values(t.subscriptions))
	t.mu.Unlock()
	var errs []error
	for _, p := range producers {
		errs = append(errs, p.Close(ctx))
	}
	for _, s := range subscriptions {
		errs = append(errs, s.shutdown(ctx))
	}
	return failed("close", t.name, errors.Join(errs...))
}
