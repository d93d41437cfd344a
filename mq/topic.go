package mq

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// The domains of topics, as Pulsar spells them.
const (
	domainPersistent    = "persistent"
	domainNonPersistent = "non-persistent"
)

// TopicName is the full name of a topic, in parts. It is comparable.
//
// The text form is "persistent://tenant/namespace/name", and for the older names that carry a cluster (Pulsar 1.x)
// "persistent://tenant/cluster/namespace/name"; "non-persistent://" stands before topics whose messages are not stored.
type TopicName struct {
	Persistent bool
	Tenant     string
	// Cluster is empty but for the older names.
	Cluster   string
	Namespace string
	// Name is the local name. It may hold any character; a slash only if there is a Cluster, because the text form
	// could not be read back otherwise.
	Name string
}

// ParseTopicName reads the text form, and the two short forms of Pulsar's clients: "name" is
// "persistent://public/default/name", and "tenant/namespace/name" is persistent. The error wraps [ErrInvalid].
func ParseTopicName(s string) (TopicName, error) {
	domain, rest, full := strings.Cut(s, "://")
	t := TopicName{Persistent: true}
	if full {
		switch domain {
		case domainPersistent:
		case domainNonPersistent:
			t.Persistent = false
		default:
			return TopicName{}, badTopic(s, "the domain is neither "+domainPersistent+" nor "+domainNonPersistent)
		}
	} else {
		rest = s
	}
	p := strings.SplitN(rest, "/", 4)
	switch {
	case !full && len(p) == 1:
		t.Tenant, t.Namespace, t.Name = "public", "default", p[0]
	case len(p) == 3:
		t.Tenant, t.Namespace, t.Name = p[0], p[1], p[2]
	case full && len(p) == 4:
		t.Tenant, t.Cluster, t.Namespace, t.Name = p[0], p[1], p[2], p[3]
		if t.Cluster == "" { // an empty Cluster field would mean a name without one
			return TopicName{}, badTopic(s, "the cluster is empty")
		}
	default:
		return TopicName{}, badTopic(s, "want domain://tenant/namespace/name, tenant/namespace/name or name")
	}
	if err := t.Validate(); err != nil {
		return TopicName{}, err
	}
	return t, nil
}

// String returns the text form.
func (t TopicName) String() string {
	domain := domainNonPersistent
	if t.Persistent {
		domain = domainPersistent
	}
	if t.Cluster != "" {
		return domain + "://" + t.Tenant + "/" + t.Cluster + "/" + t.Namespace + "/" + t.Name
	}
	return domain + "://" + t.Tenant + "/" + t.Namespace + "/" + t.Name
}

// Validate reports all that is wrong with the name: tenant, cluster and namespace consist of letters, digits and
// "_=:.-" (Pulsar's NamedEntity), the local name is not empty, and all is valid UTF-8. Errors wrap [ErrInvalid].
func (t TopicName) Validate() error {
	var errs []error
	check := func(what, s string) {
		if !isNamedEntity(s) {
			errs = append(errs, badTopic(t.String(), fmt.Sprintf("%s %.80q: want letters, digits and _=:.-", what, s)))
		}
	}
	check("tenant", t.Tenant)
	if t.Cluster != "" {
		check("cluster", t.Cluster)
	}
	check("namespace", t.Namespace)
	switch {
	case t.Name == "":
		errs = append(errs, badTopic(t.String(), "the local name is empty"))
	case !utf8.ValidString(t.Name):
		errs = append(errs, badTopic(t.String(), "the local name is not valid UTF-8"))
	case t.Cluster == "" && strings.Contains(t.Name, "/"):
		errs = append(errs, badTopic(t.String(), "the local name contains a slash"))
	}
	return errors.Join(errs...)
}

func badTopic(s, cause string) error {
	return fmt.Errorf("%w: topic name %.200q: %s", ErrInvalid, s, cause)
}

func isNamedEntity(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9':
		case c == '_', c == '=', c == ':', c == '.', c == '-':
		default:
			return false
		}
	}
	return s != ""
}
