package mq

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestParseSubscriptionType(t *testing.T) {
	for s, want := range map[string]SubscriptionType{
		"Exclusive":  Exclusive,
		"Shared":     Shared,
		"Failover":   Failover,
		"Key_Shared": KeyShared,
	} {
		if got, err := ParseSubscriptionType(s); err != nil || got != want || got.String() != s {
			t.Errorf("ParseSubscriptionType(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "shared", "KeyShared", "SubscriptionType(4)"} {
		if got, err := ParseSubscriptionType(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("ParseSubscriptionType(%q) = %v, %v, want an error that wraps ErrInvalid", s, got, err)
		}
	}
}

func TestParseInitialPosition(t *testing.T) {
	for s, want := range map[string]InitialPosition{
		"Latest":   StartLatest,
		"Earliest": StartEarliest,
	} {
		if got, err := ParseInitialPosition(s); err != nil || got != want || got.String() != s {
			t.Errorf("ParseInitialPosition(%q) = %v, %v, want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "earliest", "InitialPosition(2)"} {
		if got, err := ParseInitialPosition(s); !errors.Is(err, ErrInvalid) {
			t.Errorf("ParseInitialPosition(%q) = %v, %v, want an error that wraps ErrInvalid", s, got, err)
		}
	}
}

func TestConfigValidate(t *testing.T) {
	topic := TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: "orders"}
	tests := []struct {
		name   string
		config interface{ Validate() error }
		want   []string // a part of each problem; none is valid
	}{
		{
			name:   "producer",
			config: ProducerConfig{Topic: topic, Name: "p", MaxPending: 1, SendTimeout: time.Second},
		},
		{
			name:   "producer, everything wrong",
			config: ProducerConfig{Name: "\xff", MaxPending: -1, SendTimeout: -1},
			want:   []string{"tenant", "namespace", "local name", "producer name", "pending", "send timeout"},
		},
		{
			name:   "consumer",
			config: ConsumerConfig{Topic: topic, Subscription: "s", Type: KeyShared, InitialPosition: StartEarliest},
		},
		{
			name:   "consumer, everything wrong",
			config: ConsumerConfig{Topic: topic, Name: "\xff", Type: 4, InitialPosition: 2, AckTimeout: -1},
			want: []string{"subscription has no name", "SubscriptionType(4)", "InitialPosition(2)", "consumer name",
				"ack timeout -1ns"},
		},
		{
			name:   "subscription that is not UTF-8",
			config: ConsumerConfig{Topic: topic, Subscription: "\xff"},
			want:   []string{"subscription name"},
		},
		{
			name:   "reader",
			config: ReaderConfig{Topic: topic},
		},
		{
			name:   "reader, everything wrong",
			config: ReaderConfig{Topic: TopicName{Tenant: "a", Namespace: "b", Name: "c/d"}, Name: "\xff"},
			want:   []string{"slash", "reader name"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.config.Validate()
			if len(tt.want) == 0 {
				if err != nil {
					t.Errorf("Validate() = %v, want nil", err)
				}
				return
			}
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("Validate() = %v, want an error that wraps ErrInvalid", err)
			}
			if got := strings.Count(err.Error(), "\n") + 1; got != len(tt.want) {
				t.Errorf("Validate() reports %d problems, want %d:\n%v", got, len(tt.want), err)
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("Validate() does not mention %q:\n%v", part, err)
				}
			}
		})
	}
}
