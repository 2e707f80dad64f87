package kube

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// NotStarted is what WhyNotRunning says of a pod that nothing stops.
const NotStarted = "is not started yet"

// WhyNotRunning says in a few words what keeps a pod from running: the
// scheduler's message, the image, a missing Secret, a crash. Empty when
// nothing is wrong yet.
func WhyNotRunning(p corev1.Pod) string {
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse {
			return "cannot be scheduled: " + oneLine(c.Message)
		}
	}
	for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for _, s := range list {
			if w := s.State.Waiting; w != nil {
				switch w.Reason {
				case "", "ContainerCreating", "PodInitializing":
					continue
				case "ErrImagePull", "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName":
					return fmt.Sprintf("cannot get the image %s: %s", s.Image, imageReason(w))
				case "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
					return fmt.Sprintf("cannot start container %s: %s", s.Name, oneLine(w.Message))
				}
				if t := s.LastTerminationState.Terminated; t != nil {
					return fmt.Sprintf("container %s keeps ending: %s", s.Name, terminated(t))
				}
				return oneLine(w.Reason + " " + w.Message)
			}
			if t := s.State.Terminated; t != nil && t.ExitCode != 0 {
				return fmt.Sprintf("container %s ended: %s", s.Name, terminated(t))
			}
		}
	}
	if p.Status.Message != "" {
		return oneLine(p.Status.Message)
	}
	if p.Status.Phase == corev1.PodPending {
		return NotStarted
	}
	return ""
}

func terminated(t *corev1.ContainerStateTerminated) string {
	switch {
	case t.Reason == "OOMKilled":
		return "it was killed for using more memory than its limit (OOMKilled)"
	case t.Signal != 0:
		return fmt.Sprintf("killed by signal %d", t.Signal)
	}
	return fmt.Sprintf("exit code %d", t.ExitCode)
}

// imageReason keeps the part of the runtime's message that says why: the text
// behind the last repetition of the reference.
func imageReason(w *corev1.ContainerStateWaiting) string {
	m := oneLine(w.Message)
	switch {
	case strings.Contains(m, "not found"):
		return "the registry does not have it"
	case strings.Contains(m, "no such host"), strings.Contains(m, "connection refused"), strings.Contains(m, "i/o timeout"):
		return "the registry cannot be reached: " + tail(m, 120)
	case strings.Contains(m, "unauthorized"), strings.Contains(m, "denied"), strings.Contains(m, "authorization failed"):
		return "the registry refuses it: " + tail(m, 120)
	case m == "":
		return w.Reason
	}
	return tail(m, 160)
}

// Hopeless reports that waiting longer will not help a pod: its image does not
// exist or its configuration names what is not there. An unschedulable pod
// may still find a node.
func Hopeless(p corev1.Pod) bool {
	for _, list := range [][]corev1.ContainerStatus{p.Status.InitContainerStatuses, p.Status.ContainerStatuses} {
		for _, s := range list {
			if w := s.State.Waiting; w != nil {
				switch w.Reason {
				case "ImagePullBackOff", "ErrImageNeverPull", "InvalidImageName", "CreateContainerConfigError", "CreateContainerError", "RunContainerError":
					return true
				}
			}
		}
	}
	return false
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

func tail(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return "…" + s[len(s)-n:]
}
