package talos

import (
	"context"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"google.golang.org/protobuf/types/known/emptypb"
)

// The states of a Talos service that matter here (machined's
// events.ServiceState).
const (
	StatePreparing = "Preparing"
	StateRunning   = "Running"
	StateFailed    = "Failed"
	StateFinished  = "Finished"
	StateWaiting   = "Waiting"
)

// healthUnknown is machined's health message before the first check.
const healthUnknown = "Unknown"

// Service is a service of a node as the machine API's ServiceList has it.
type Service struct {
	// ID is the service's name, such as "etcd". It is empty for a service the
	// node does not know at the moment.
	ID string
	// State is one of machined's states, such as [StatePreparing].
	State string
	// Healthy is true when the last health check succeeded. For etcd that was
	// a read with a quorum.
	Healthy bool
	// HealthMessage is what the last health check said.
	HealthMessage string
	// Message is the text of the last event.
	Message string
	// Since is the time of the last event by the node's clock.
	Since time.Time
}

func (c *Client) services(ctx context.Context) (map[string]Service, error) {
	ctx, cancel := c.call(ctx)
	defer cancel()
	resp, err := c.api.MachineClient.ServiceList(ctx, &emptypb.Empty{})
	resp, err = client.FilterMessages(resp, err)
	if err != nil {
		return nil, c.failed("list the services", err)
	}
	all := map[string]Service{}
	for _, m := range resp.GetMessages() {
		for _, s := range m.GetServices() {
			all[s.GetId()] = service(s)
		}
	}
	return all, nil
}

func service(s *machine.ServiceInfo) Service {
	out := Service{
		ID:            s.GetId(),
		State:         s.GetState(),
		Healthy:       s.GetHealth().GetHealthy() && !s.GetHealth().GetUnknown(),
		HealthMessage: s.GetHealth().GetLastMessage(),
	}
	if events := s.GetEvents().GetEvents(); len(events) > 0 { // oldest first
		last := events[len(events)-1]
		out.Message, out.Since = last.GetMsg(), last.GetTs().AsTime()
	}
	return out
}
