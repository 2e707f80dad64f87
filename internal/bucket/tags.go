package bucket

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// TagError says which rule a tag breaks.
type TagError struct{ Rule string }

func (e *TagError) Error() string { return "tags: " + e.Rule }

// maxTags is S3's limit for a bucket. RustFS 1.0.1 takes more, other tools
// cannot read them then.
const maxTags = 50

// ValidateTags checks the tags of a bucket by S3's rules; RustFS takes
// anything.
func ValidateTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return &TagError{fmt.Sprintf("%d are more than the %d a bucket may have", len(tags), maxTags)}
	}
	if why := wrongTags(tags); why != "" {
		return &TagError{why}
	}
	return nil
}

// wrongTags says which rule the first bad tag breaks.
func wrongTags(tags map[string]string) string {
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		v := tags[k]
		switch {
		case k == "":
			return "a tag needs a key"
		case utf8.RuneCountInString(k) > maxTagKey:
			return fmt.Sprintf("the key of a tag has %d characters, more than %d", utf8.RuneCountInString(k), maxTagKey)
		case utf8.RuneCountInString(v) > maxTagValue:
			return fmt.Sprintf("the value of tag %q has %d characters, more than %d", k, utf8.RuneCountInString(v), maxTagValue)
		case !tagText(k):
			return fmt.Sprintf("the key %q may only have letters, digits, blanks and + - = . _ : / @", k)
		case !tagText(v):
			return fmt.Sprintf("the value %q of tag %q may only have letters, digits, blanks and + - = . _ : / @", v, k)
		}
	}
	return ""
}

func tagText(s string) bool {
	return utf8.ValidString(s) && strings.IndexFunc(s, func(c rune) bool {
		return !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune(" +-=._:/@", c)
	}) < 0
}

// ParseTag reads key=value. The value may be empty, and have further equals
// signs.
func ParseTag(text string) (key, value string, err error) {
	key, value, ok := strings.Cut(text, "=")
	if !ok || key == "" {
		return "", "", &TagError{fmt.Sprintf("%q is not KEY=VALUE", text)}
	}
	return key, value, nil
}
