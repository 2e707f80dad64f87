package rustfs

import (
	"context"
	"strings"

	"github.com/talos-rustfs/kubectl-plugins/internal/cli"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// subjectOf finds whom a word means: user/NAME, group/NAME, key/KEY,
// anonymous, root, or a name alone.
func subjectOf(word string, s iam.Snapshot) (iam.Subject, error) {
	if word == string(iam.AsAnonymous) {
		return iam.Subject{Kind: iam.AsAnonymous}, nil
	}
	if word == string(iam.AsRoot) || word == s.Root && word != "" {
		return iam.Subject{Kind: iam.AsRoot, Name: s.Root}, nil
	}
	kind, name, explicit := strings.Cut(word, "/")
	if !explicit || kindOf(kind) == "" {
		return bareSubject(word, s)
	}
	who := iam.Subject{Kind: iam.SubjectKind(kind), Name: name}
	_, user := s.User(name)
	_, group := s.Group(name)
	_, key := s.Key(name)
	switch {
	case who.Kind == iam.AsUser && name == s.Root:
		return iam.Subject{Kind: iam.AsRoot, Name: name}, nil
	case who.Kind == iam.AsUser && !user, who.Kind == iam.AsGroup && !group, who.Kind == iam.AsKey && !key:
		return who, noSuch(kindOf(kind), name)
	}
	return who, nil
}

func kindOf(word string) iam.Kind {
	switch word {
	case "user":
		return iam.User
	case "group":
		return iam.Group
	case "key":
		return iam.Key
	}
	return ""
}

// bareSubject finds a name without its kind.
func bareSubject(name string, s iam.Snapshot) (iam.Subject, error) {
	var found []iam.Subject
	if _, ok := s.User(name); ok {
		found = append(found, iam.Subject{Kind: iam.AsUser, Name: name})
	}
	if _, ok := s.Group(name); ok {
		found = append(found, iam.Subject{Kind: iam.AsGroup, Name: name})
	}
	if _, ok := s.Key(name); ok {
		found = append(found, iam.Subject{Kind: iam.AsKey, Name: name})
	}
	switch len(found) {
	case 0:
		return iam.Subject{}, cli.Hintf(&iamError{"user, group or access key", name, "does not exist"},
			"see the names with: kubectl rustfs user ls, group ls, key ls")
	case 1:
		return found[0], nil
	}
	return iam.Subject{}, cli.Usagef("--as: %q is the name of several", name).WithHint("say which: --as %s, or --as %s", found[0], found[1])
}

// checkSubject refuses words that can name nobody, before anything is sent.
func checkSubject(word string) error {
	kind, name, explicit := strings.Cut(word, "/")
	k := kindOf(kind)
	if !explicit || k == "" {
		k, name = iam.Group, word // the loosest rules
	}
	if err := iam.ValidateExisting(k, name); err != nil {
		return cli.Usagef("--as: %w", err).WithHint("for example: --as user/alice, group/devs, key/ABC, anonymous or root")
	}
	return nil
}

// subjectNames are those who can be asked about.
func subjectNames(ctx context.Context, t *target) ([]string, error) {
	names, err := holderNames(ctx, t)
	if err != nil {
		return nil, err
	}
	keys, err := keyNames(ctx, t)
	for _, k := range keys {
		names = append(names, "key/"+k)
	}
	return append(names, string(iam.AsAnonymous), string(iam.AsRoot)), err
}
