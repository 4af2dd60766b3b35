// Reports Events through client-go's recorders, as controllers do: one JSON object a line on standard
// input. Prints a line for each once the recorder has it.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/events"
	"k8s.io/client-go/tools/record"
)

type report struct {
	// Recorder is "core" for that of core/v1, "events" for that of events.k8s.io.
	Recorder    string                 `json:"recorder"`
	Object      corev1.ObjectReference `json:"object"`
	Annotations map[string]string      `json:"annotations"`
	Type        string                 `json:"type"`
	Reason      string                 `json:"reason"`
	Message     string                 `json:"message"`
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run() error {
	token, err := os.ReadFile(os.Getenv("TOKEN_FILE"))
	if err != nil {
		return err
	}
	config := &rest.Config{
		Host:            os.Getenv("KUBE_API"),
		BearerToken:     string(token),
		TLSClientConfig: rest.TLSClientConfig{CAFile: os.Getenv("CA_FILE")},
		QPS:             1000,
		Burst:           1000,
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	const controller = "kustomize-controller"
	coreBroadcaster := record.NewBroadcaster()
	coreBroadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: client.CoreV1().Events("")})
	core := coreBroadcaster.NewRecorder(scheme.Scheme, corev1.EventSource{Component: controller})
	newBroadcaster := events.NewBroadcaster(&events.EventSinkImpl{Interface: client.EventsV1()})
	if err := newBroadcaster.StartRecordingToSinkWithContext(context.Background()); err != nil {
		return err
	}
	newer := newBroadcaster.NewRecorder(scheme.Scheme, controller)

	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		var r report
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			return err
		}
		if r.Recorder == "events" {
			newer.Eventf(&r.Object, nil, r.Type, r.Reason, "Reconcile", "%s", r.Message)
		} else {
			core.AnnotatedEventf(&r.Object, r.Annotations, r.Type, r.Reason, "%s", r.Message)
		}
		fmt.Println("recorded")
	}
	return lines.Err()
}
