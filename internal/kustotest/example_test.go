package kustotest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/terraform-provider-kusto/terraform-provider-kusto/internal/kustotest"
)

// A test starts a server, gives it a blob, has the code under test submit it, and asks what was ingested.
func Example() {
	server := kustotest.StartServer() // In a test: kustotest.NewServer(t)
	defer server.Close()
	blob, sas := server.PutPrivateBlob("seed", "storms.csv", []byte("Id,Event\n1,Flood\n2,Hail\n"))

	submit := func() {
		body := fmt.Sprintf(`{"blobs":[{"url":%q}],"properties":{"format":"csv","ignoreFirstRecord":true}}`, blob+"?"+sas)
		request, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
			server.URL+"/v1/rest/ingestion/queued/Samples/StormEvents", strings.NewReader(body))
		if err != nil {
			panic(err)
		}
		request.Header.Set("Authorization", "Bearer any")
		request.Header.Set("Content-Type", "application/json")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println("no answer")
			return
		}
		defer func() { _ = response.Body.Close() }()
		answer, _ := io.ReadAll(response.Body)
		fmt.Println(response.StatusCode, string(answer))
	}

	submit()
	fmt.Println(server.Rows("Samples", "StormEvents"))

	// The trap: the service accepts, and the connection breaks before the answer. Who sends again ingests twice.
	server.Inject(kustotest.FaultDroppedAfterAccept().On(kustotest.RouteSubmit).Times(1))
	submit()
	fmt.Println(server.Loads("Samples", "StormEvents")[blob], "times")

	// Output:
	// 200 {"ingestionOperationId":""}
	// [[1 Flood] [2 Hail]]
	// no answer
	// 2 times
}
