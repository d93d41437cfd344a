package mq

import (
	"errors"
	"testing"
)

func TestParseTopicName(t *testing.T) {
	tests := []struct {
		name string
		in   string
		want TopicName
		full string
	}{
		{
			name: "persistent",
			in:   "persistent://public/default/orders",
			want: TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: "orders"},
			full: "persistent://public/default/orders",
		},
		{
			name: "non-persistent",
			in:   "non-persistent://acme/eu-1/orders",
			want: TopicName{Tenant: "acme", Namespace: "eu-1", Name: "orders"},
			full: "non-persistent://acme/eu-1/orders",
		},
		{
			name: "with cluster",
			in:   "persistent://prop/cluster/ns/orders",
			want: TopicName{Persistent: true, Tenant: "prop", Cluster: "cluster", Namespace: "ns", Name: "orders"},
			full: "persistent://prop/cluster/ns/orders",
		},
		{
			name: "with cluster, slashes in the local name",
			in:   "persistent://prop/cluster/ns/a//b/",
			want: TopicName{Persistent: true, Tenant: "prop", Cluster: "cluster", Namespace: "ns", Name: "a//b/"},
			full: "persistent://prop/cluster/ns/a//b/",
		},
		{
			name: "local name alone",
			in:   "orders",
			want: TopicName{Persistent: true, Tenant: "public", Namespace: "default", Name: "orders"},
			full: "persistent://public/default/orders",
		},
		{
			name: "tenant, namespace, local name",
			in:   "acme/eu/orders",
			want: TopicName{Persistent: true, Tenant: "acme", Namespace: "eu", Name: "orders"},
			full: "persistent://acme/eu/orders",
		},
		{
			name: "any character in the local name",
			in:   "persistent://a=b/c:d_e.f/grüße ☃ %2F+:?#",
			want: TopicName{Persistent: true, Tenant: "a=b", Namespace: "c:d_e.f", Name: "grüße ☃ %2F+:?#"},
			full: "persistent://a=b/c:d_e.f/grüße ☃ %2F+:?#",
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseTopicName(tt.in)
			if err != nil || got != tt.want {
				t.Fatalf("ParseTopicName(%q) = %+v, %v, want %+v", tt.in, got, err, tt.want)
			}
			if got.String() != tt.full {
				t.Errorf("String() = %q, want %q", got, tt.full)
			}
		})
	}
}

func TestParseTopicNameErrors(t *testing.T) {
	tests := []struct{ name, in string }{
		{name: "empty", in: ""},
		{name: "unknown domain", in: "volatile://public/default/orders"},
		{name: "domain in upper case", in: "Persistent://public/default/orders"},
		{name: "two parts", in: "public/orders"},
		{name: "two parts after the domain", in: "persistent://public/orders"},
		{name: "one part after the domain", in: "persistent://orders"},
		{name: "four parts without domain", in: "prop/cluster/ns/orders"},
		{name: "no local name", in: "persistent://public/default/"},
		{name: "no local name after the cluster", in: "persistent://prop/cluster/ns/"},
		{name: "no tenant", in: "persistent:///default/orders"},
		{name: "no cluster", in: "persistent://prop//ns/orders"},
		{name: "percent in the namespace", in: "persistent://public/def%61ult/orders"},
		{name: "blank in the tenant", in: "persistent://pub lic/default/orders"},
		{name: "not UTF-8", in: "persistent://public/default/\xff"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseTopicName(tt.in)
			if !errors.Is(err, ErrInvalid) {
				t.Errorf("ParseTopicName(%q) = %+v, %v, want an error that wraps ErrInvalid", tt.in, got, err)
			}
		})
	}
}

func FuzzParseTopicName(f *testing.F) {
	for _, s := range []string{"orders", "a/b/c", "persistent://a/b/c", "non-persistent://a/b/c/d/e", "persistent:////", "a://b"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name, err := ParseTopicName(s)
		if err != nil {
			if !errors.Is(err, ErrInvalid) {
				t.Fatalf("ParseTopicName(%q) error = %v, want one that wraps ErrInvalid", s, err)
			}
			return
		}
		if err := name.Validate(); err != nil {
			t.Fatalf("ParseTopicName(%q) = %+v, which Validate refuses: %v", s, name, err)
		}
		again, err := ParseTopicName(name.String())
		if err != nil || again != name {
			t.Fatalf("ParseTopicName(%q) = %+v, %v, want %+v", name.String(), again, err, name)
		}
	})
}
