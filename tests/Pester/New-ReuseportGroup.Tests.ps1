BeforeAll {
    Import-Module "$PSScriptRoot/../../ReuseportPS.psd1"
    Set-ReuseportBackend Simulator -Seed 1
}

Describe 'New-ReuseportGroup' {
    BeforeEach {
        Set-ReuseportBackend Simulator -Seed 1
    }

    It 'opens one socket per slot, protocol and address' {
        $group = New-ReuseportGroup web -SlotCount 4 -Port 5300 -Protocol Udp, Tcp -Address 127.0.0.1, ::1
        $group.Name | Should -Be 'web'
        $group.Backend | Should -Be 'Simulator'
        $group.Ownership | Should -Be 'Owned'
        $group.KernelGroups.Count | Should -Be 4
        $group.SeatedCount | Should -Be 16
        $group.Policy | Should -BeNullOrEmpty
    }

    It 'binds to loopback over UDP and picks a free port by default' {
        $group = New-ReuseportGroup web -SlotCount 1
        $group.KernelGroups[0].Protocol | Should -Be 'Udp'
        $group.KernelGroups[0].Address | Should -Be '127.0.0.1'
        $group.KernelGroups[0].Port | Should -BeGreaterThan 0
    }

    It 'opens nothing with -WhatIf' {
        New-ReuseportGroup web -SlotCount 4 -Port 5300 -WhatIf | Should -BeNullOrEmpty
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'refuses a name in use and keeps the group' {
        $null = New-ReuseportGroup web -SlotCount 2 -Port 5300
        { New-ReuseportGroup web -SlotCount 4 -Port 5301 -ErrorAction Stop } | Should -Throw -ErrorId 'GroupExists*'
        (Get-ReuseportGroup web).SlotCount | Should -Be 2
    }

    It 'refuses the name <name>' -ForEach @{ name = '../etc' }, @{ name = 'a b' }, @{ name = '-x' } {
        { New-ReuseportGroup $name -SlotCount 1 -ErrorAction Stop } | Should -Throw -ErrorId 'InvalidGroupName*'
    }

    It 'refuses to adopt where nobody listens, and says where to look' {
        { New-ReuseportGroup web -Port 443 -ErrorAction Stop } | Should -Throw -ErrorId 'SocketNotFound*'
        $failure = $null
        $null = New-ReuseportGroup web -Port 443 -ErrorVariable failure -ErrorAction SilentlyContinue
        $failure[0].ErrorDetails.RecommendedAction | Should -Match 'ss -lntu'
        $failure[0].TargetObject | Should -Be 'web'
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'refuses a port that another group holds' {
        $null = New-ReuseportGroup web -SlotCount 2 -Port 5300
        $null = New-ReuseportGroup other -SlotCount 2 -Port 5300
        (Get-ReuseportGroup other).SeatedCount | Should -Be 2 -Because 'SO_REUSEPORT lets the same user join'
    }

    It 'freezes nothing where nobody listens' {
        { New-ReuseportGroup web -Port 443 -Freeze -ErrorAction Stop } | Should -Throw -ErrorId 'SocketNotFound*'
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'recovers nothing where nobody listens' {
        { New-ReuseportGroup web -Port 443 -Recover -ErrorAction Stop } | Should -Throw -ErrorId 'SocketNotFound*'
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'says that the simulator has no units' {
        { New-ReuseportGroup web -Unit nginx.service -ErrorAction Stop } | Should -Throw -ErrorId 'NotSimulated*'
        { New-ReuseportGroup web -Unit nginx -Port 443 -Freeze -ErrorAction Stop } | Should -Throw -ErrorId 'NotSimulated*'
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'says that the simulator has no Unix groups' {
        { New-ReuseportGroup web -Port 443 -PinGroup root -ErrorAction Stop } | Should -Throw -ErrorId 'NotSimulated*'
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }

    It 'adopts nothing when no process comes through the pipeline' {
        { @() | New-ReuseportGroup web -ErrorAction Stop } | Should -Throw -ErrorId 'ProcessNotFound*'
        { New-ReuseportGroup web -ProcessName 'no such*' -ErrorAction Stop } | Should -Throw -ErrorId 'ProcessNotFound*'
        Get-ReuseportGroup | Should -BeNullOrEmpty
    }
}
