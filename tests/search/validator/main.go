// Command validator reads requests as JSON, one after the other, and answers each with a line: a JSON list of what is wrong.
//
// A request is {"elasticsearch": …}, a custom resource, or {"path": …, "body": …}, a PUT of the search cluster's API.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"reflect"
	"sort"
	"strings"

	esv1 "github.com/elastic/cloud-on-k8s/v3/pkg/apis/elasticsearch/v1"
	"github.com/elastic/cloud-on-k8s/v3/pkg/controller/common/license"
	"github.com/elastic/cloud-on-k8s/v3/pkg/controller/elasticsearch/validation"
	"github.com/elastic/cloud-on-k8s/v3/pkg/utils/k8s"
	ilm "github.com/elastic/go-elasticsearch/v8/typedapi/ilm/putlifecycle"
	"github.com/elastic/go-elasticsearch/v8/typedapi/indices/putindextemplate"
	"github.com/elastic/go-elasticsearch/v8/typedapi/security/putrole"
	slm "github.com/elastic/go-elasticsearch/v8/typedapi/slm/putlifecycle"
	"github.com/elastic/go-elasticsearch/v8/typedapi/types"
	"k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

type request struct {
	Elasticsearch json.RawMessage `json:"elasticsearch"`
	Path          string          `json:"path"`
	Body          json.RawMessage `json:"body"`
}

// bodies are the client's types, by the beginning of a path.
var bodies = map[string]func() any{
	"/_ilm/policy/":     func() any { return ilm.NewRequest() },
	"/_index_template/": func() any { return putindextemplate.NewRequest() },
	"/_security/role/":  func() any { return putrole.NewRequest() },
	"/_slm/policy/":     func() any { return slm.NewRequest() },
	"/_snapshot/":       func() any { return types.NewGcsRepository() },
}

func main() {
	in, out := json.NewDecoder(os.Stdin), json.NewEncoder(os.Stdout)
	for {
		var asked request
		err := in.Decode(&asked)
		if errors.Is(err, io.EOF) {
			return
		}
		if err == nil {
			err = out.Encode(problems(asked))
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
}

func problems(asked request) []string {
	if asked.Elasticsearch != nil {
		return ofResource(asked.Elasticsearch)
	}
	for beginning, made := range bodies {
		if strings.HasPrefix(asked.Path, beginning) {
			return ofBody(asked.Body, made())
		}
	}
	return []string{"nothing is known of " + asked.Path}
}

// ofResource asks what the operator's webhook asks, of a cluster that holds nothing else.
func ofResource(given json.RawMessage) []string {
	var resource esv1.Elasticsearch
	strict := json.NewDecoder(bytes.NewReader(given))
	strict.DisallowUnknownFields()
	if err := strict.Decode(&resource); err != nil {
		return []string{err.Error()}
	}
	known := scheme.Scheme
	if err := esv1.AddToScheme(known); err != nil {
		return []string{err.Error()}
	}
	var nothing k8s.Client = fake.NewClientBuilder().WithScheme(known).Build()
	free := license.MockLicenseChecker{EnterpriseEnabled: false}
	warnings, err := validation.ValidateElasticsearch(context.Background(), nothing, resource, free, validation.NodeLabels{})
	found := append([]string{}, warnings...)
	if err != nil {
		found = append(found, err.Error())
	}
	return found
}

// ofBody reads a body as the client's type and writes it again: what the type does not know is lost on the way.
func ofBody(given json.RawMessage, typed any) []string {
	if err := json.Unmarshal(given, typed); err != nil {
		return []string{err.Error()}
	}
	written, err := json.Marshal(typed)
	if err != nil {
		return []string{err.Error()}
	}
	var before, after any
	if err := errors.Join(json.Unmarshal(given, &before), json.Unmarshal(written, &after)); err != nil {
		return []string{err.Error()}
	}
	return lost("", before, after)
}

// lost names what stands in one value and not in the other. Lists of one are the same as what is in them.
func lost(path string, before, after any) []string {
	found := []string{}
	if list, is := after.([]any); is && len(list) == 1 && !isList(before) {
		return lost(path, before, list[0])
	}
	switch known := before.(type) {
	case map[string]any:
		there, _ := after.(map[string]any)
		for name, value := range known {
			if other, kept := there[name]; kept {
				found = append(found, lost(path+"."+name, value, other)...)
			} else if empty, is := value.([]any); !is || len(empty) > 0 { // an empty list is the same as none
				found = append(found, strings.TrimPrefix(path+"."+name, ".")+" is not known")
			}
		}
	case []any:
		there, _ := after.([]any)
		if len(there) != len(known) {
			return []string{strings.TrimPrefix(path, ".") + " is not kept"}
		}
		for index, value := range known {
			found = append(found, lost(fmt.Sprintf("%s[%d]", path, index), value, there[index])...)
		}
	default:
		if !reflect.DeepEqual(before, after) && fmt.Sprint(before) != fmt.Sprint(after) {
			found = append(found, fmt.Sprintf("%s is %v, and is read as %v", strings.TrimPrefix(path, "."), before, after))
		}
	}
	sort.Strings(found)
	return found
}

func isList(value any) bool {
	_, is := value.([]any)
	return is
}
