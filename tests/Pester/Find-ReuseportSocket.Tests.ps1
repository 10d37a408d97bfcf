BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
    $null = New-ReuseportGroup web -SlotCount 3 -Port 5300 -Protocol Udp, Tcp
    $null = New-ReuseportGroup dns -SlotCount 2 -Port 53 -Protocol Udp
}

Describe 'Find-ReuseportSocket' {
    It 'lists every socket with its kernel group' {
        $sockets = @(Find-ReuseportSocket)
        $sockets | Should -HaveCount 8
        ($sockets | Group-Object Group | Sort-Object Name).Name | Should -Be 'tcp 127.0.0.1:5300', 'udp 127.0.0.1:53', 'udp 127.0.0.1:5300'
        $sockets.Cookie | Select-Object -Unique | Should -HaveCount 8
    }

    It 'knows whether SO_REUSEPORT is set' {
        (Find-ReuseportSocket).ReusePort | Select-Object -Unique | Should -Be $true
        @(Find-ReuseportSocket -ReusePort) | Should -HaveCount 8
    }

    It 'selects by port and protocol' {
        @(Find-ReuseportSocket 5300) | Should -HaveCount 6
        @(Find-ReuseportSocket -Port 53, 5300 -Protocol Udp) | Should -HaveCount 5
        @(Find-ReuseportSocket -Address 127.0.0.2) | Should -HaveCount 0
        @(Find-ReuseportSocket 5300 -Protocol Tcp -CurrentNamespace) | Should -HaveCount 3
    }

    It 'finds the members that the slots of a group hold' {
        $cookies = @((Get-SocketSlot dns).Cookie)
        @(Find-ReuseportSocket 53).Cookie | Sort-Object | Should -Be @($cookies | Sort-Object)
    }
}
