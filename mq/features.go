package mq

// Features says what an engine promises. Package mqtest checks the promises, and leaves out what is not promised.
type Features struct {
	// Engine is the engine's name for logs and health answers.
	Engine string
	// Persistent: what was confirmed to a producer survives the end of the process.
	Persistent bool
	// Delayed: [OutMessage.DeliverAt] is honoured on Shared subscriptions. What the other types and readers do until
	// then is the engine's affair: Pulsar delivers to them at once.
	Delayed bool
	// Failover and KeyShared: these subscription types exist; otherwise they are refused with [ErrUnsupported].
	Failover  bool
	KeyShared bool
	// AckTimeout: [ConsumerConfig.AckTimeout] is honoured; otherwise a value is refused with [ErrUnsupported].
	AckTimeout bool
	// UncountedReturn: what a leaving consumer gives back comes again with its RedeliveryCount unchanged, as in Pulsar;
	// otherwise the engine counts it like a refusal.
	UncountedReturn bool
	// NonPersistentTopics: topics of the non-persistent domain exist; otherwise they are refused.
	NonPersistentTopics bool
	// MaxPayload is the largest payload in bytes; 0 is no limit.
	MaxPayload int
}
