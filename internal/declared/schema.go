package declared

import (
	"bytes"
	"encoding/json"
	"reflect"
	"time"

	"github.com/talos-rustfs/kubectl-plugins/internal/bucket"
	"github.com/talos-rustfs/kubectl-plugins/internal/iam"
)

// Schema is the JSON schema (2020-12) of a document, made from its types.
func Schema() ([]byte, error) {
	s := schemaOf(reflect.TypeFor[Document]())
	s["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	s["title"] = "The state of a RustFS server, for kubectl rustfs apply"
	b, err := marshal(s)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		return nil, err
	}
	out.WriteByte('\n')
	return out.Bytes(), nil
}

type object = map[string]any

// schemaOf describes a type.
func schemaOf(t reflect.Type) object {
	switch t {
	case reflect.TypeFor[time.Time]():
		return object{"type": "string", "format": "date-time"}
	case reflect.TypeFor[iam.Document]():
		return policySchema(false)
	case reflect.TypeFor[json.RawMessage]():
		return policySchema(true)
	}
	switch t.Kind() {
	case reflect.Pointer:
		return schemaOf(t.Elem())
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": object{"type": "string"}}
	case reflect.Struct:
		return structSchema(t)
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.String:
		return object{"type": "string"}
	default:
		return object{"type": "integer", "minimum": 0}
	}
}

func structSchema(t reflect.Type) object {
	properties := object{}
	var required []string
	for _, m := range membersOf(t) {
		p := schemaOf(m.typ)
		more := said(t, m.name)
		if more["anyOf"] != nil {
			p = object{}
		}
		for k, v := range more {
			p[k] = v
		}
		if m.empty {
			p = orNull(p)
		} else {
			required = append(required, m.name)
		}
		properties[m.name] = p
	}
	s := object{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["required"] = required
	}
	return s
}

// orNull lets a member be null, which means: empty.
func orNull(p object) object {
	if kind, ok := p["type"].(string); ok {
		p["type"] = []string{kind, "null"}
	}
	if choices, ok := p["anyOf"].([]object); ok {
		p["anyOf"] = append(choices, object{"type": "null"})
	}
	if values, ok := p["enum"].([]string); ok {
		withNull := []any{}
		for _, v := range values {
			withNull = append(withNull, v)
		}
		p["enum"] = append(withNull, nil)
	}
	return p
}

// said is what the types do not say of a member.
func said(t reflect.Type, member string) object {
	enum := func(values ...string) object { return object{"enum": values} }
	about := func(text string) object { return object{"description": text} }
	if member == "status" {
		return enum(string(Enabled), string(Disabled))
	}
	all := map[reflect.Type]map[string]object{
		reflect.TypeFor[Document](): {
			"apiVersion": {"const": APIVersion},
			"kind":       {"const": DocumentKind},
			"buckets":    about("Buckets, with their settings; a setting that is not written is left as it is"),
			"policies":   about("Policies that users and groups can have; not the built-in ones"),
			"groups":     about("Groups; their members are said at the users"),
			"users":      about("Users; their secrets are in Secrets of Kubernetes"),
			"keys":       about("Access keys beside the users' own"),
		},
		reflect.TypeFor[Bucket](): {
			"name":       {"pattern": `^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`},
			"versioning": enum("Enabled", "Suspended"),
			"lock":       about("Object lock, which can only be had at creation, and the retention of new objects"),
			"quota": {
				"description": "Bytes that the bucket may hold, also as 10Gi or 500MB; 0 is no limit",
				"anyOf":       []object{{"type": "integer", "minimum": 0}, {"type": "string", "pattern": `^[0-9][0-9.]*[A-Za-z]*$`}},
			},
			"policy": about("Who may do what in the bucket, whoever they are"),
		},
		reflect.TypeFor[bucket.Lock](): {"mode": enum("GOVERNANCE", "COMPLIANCE")},
		reflect.TypeFor[bucket.CORSRule](): {
			"methods": {"type": "array", "items": object{"type": "string", "enum": []string{"GET", "PUT", "POST", "DELETE", "HEAD"}}},
		},
		reflect.TypeFor[bucket.Encryption](): {"algorithm": enum("AES256", "aws:kms")},
		reflect.TypeFor[User](): {
			"secret":     about("Where the secret of a new user is written, as access-key and secret-key, unless it is there already"),
			"secretFrom": about("Where the secret of a new user is read"),
		},
		reflect.TypeFor[Key](): {
			"user":       about("The user whose rights the key has at most"),
			"policy":     about("Narrows the user's rights"),
			"secret":     about("Where the secret of a new key is written, as access-key and secret-key, unless it is there already"),
			"secretFrom": about("Where the secret of a new key is read"),
		},
		reflect.TypeFor[SecretFromRef](): {"key": about("secret-key where it is not said")},
	}
	return all[t][member]
}

// policySchema describes a policy: one for users and groups, or a bucket's,
// which says whom it is about.
func policySchema(ofBucket bool) object {
	words := object{"anyOf": []object{{"type": "string"}, {"type": "array", "items": object{"type": "string"}}}}
	statement := object{
		"Sid": object{"type": "string"}, "Effect": object{"enum": []string{"Allow", "Deny"}},
		"Action": words, "NotAction": words, "Resource": words, "NotResource": words, "Condition": object{"type": "object"},
	}
	if ofBucket {
		statement["Principal"] = object{"anyOf": []object{{"type": "string"}, {"type": "object"}}}
		statement["NotPrincipal"] = statement["Principal"]
	}
	one := object{"type": "object", "properties": statement, "required": []string{"Effect"}, "additionalProperties": false}
	properties := object{
		"ID": object{"type": "string"}, "Version": object{"const": iam.PolicyVersion},
		"Statement": object{"anyOf": []object{one, {"type": "array", "items": one}}},
	}
	if ofBucket {
		properties["Id"] = object{"type": "string"}
	}
	return object{"type": "object", "properties": properties, "required": []string{"Version", "Statement"}, "additionalProperties": false}
}
