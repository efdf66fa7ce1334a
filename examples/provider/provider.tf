terraform {
  required_providers {
    kusto = {
      source = "terraform-provider-kusto/kusto"
    }
  }
}

# Signs in with the Azure CLI unless another way is configured here or in the environment.
provider "kusto" {
  cluster_uri = "https://mycluster.westeurope.kusto.windows.net"
}
