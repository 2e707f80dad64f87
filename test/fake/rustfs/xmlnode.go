package rustfs

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// xmlNode is a parsed XML element without attributes.
type xmlNode struct {
	name     string
	chars    string
	children []*xmlNode
}

// parseXML reads one document.
func parseXML(data []byte) (*xmlNode, error) {
	dec := xml.NewDecoder(bytes.NewReader(data))
	var stack []*xmlNode
	var root *xmlNode
	for {
		token, err := dec.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		switch t := token.(type) {
		case xml.StartElement:
			n := &xmlNode{name: t.Name.Local}
			if len(stack) > 0 {
				parent := stack[len(stack)-1]
				parent.children = append(parent.children, n)
			} else {
				root = n
			}
			stack = append(stack, n)
		case xml.EndElement:
			stack = stack[:len(stack)-1]
		case xml.CharData:
			if len(stack) > 0 {
				stack[len(stack)-1].chars += string(t)
			}
		}
	}
	if root == nil {
		return nil, io.ErrUnexpectedEOF
	}
	return root, nil
}

// child returns the first child of a name, or nil.
func (n *xmlNode) child(name string) *xmlNode {
	for _, c := range n.children {
		if c.name == name {
			return c
		}
	}
	return nil
}

// all returns the children of a name.
func (n *xmlNode) all(name string) []*xmlNode {
	var out []*xmlNode
	for _, c := range n.children {
		if c.name == name {
			out = append(out, c)
		}
	}
	return out
}

// value is the text of the first child of a name, or empty.
func (n *xmlNode) value(name string) string {
	if c := n.child(name); c != nil {
		return strings.TrimSpace(c.chars)
	}
	return ""
}

// sortChildren orders elements by name, as RustFS writes its documents.
func (n *xmlNode) sortChildren() {
	slices.SortStableFunc(n.children, func(a, b *xmlNode) int { return strings.Compare(a.name, b.name) })
	for _, c := range n.children {
		c.sortChildren()
	}
}

// text writes the document, with the S3 namespace if asked.
func (n *xmlNode) text(namespace bool) string {
	var b strings.Builder
	n.write(&b, namespace)
	return b.String()
}

func (n *xmlNode) write(b *strings.Builder, namespace bool) {
	b.WriteString("<" + n.name)
	if namespace {
		b.WriteString(s3NS)
	}
	b.WriteString(">")
	if len(n.children) == 0 {
		b.WriteString(xmlText(n.chars))
	}
	for _, c := range n.children {
		c.write(b, false)
	}
	b.WriteString("</" + n.name + ">")
}
